import { describe, expect, it } from 'vitest'
import type { SensorState, SensorView } from '@/shared/api/sensors'
import { ordered, readingText } from '@/features/sensors/order'

const sensor = (sensor_id: string, state: SensorState, since: string | null): SensorView =>
  ({ sensor_id, state, since }) as SensorView

describe('sensors in order', () => {
  const all = [
    sensor('c', 'normal', '2026-11-23T01:00:00Z'),
    sensor('b', 'silent', '2026-11-23T03:00:00Z'),
    sensor('a', 'silent', '2026-11-23T02:00:00Z'),
    sensor('e', 'alarm', '2026-11-23T04:00:00Z'),
    sensor('d', 'waiting', null),
  ]

  it('shows what needs somebody first', () => {
    expect(ordered(all, null).map((item) => item.sensor_id)).toEqual(['e', 'a', 'b', 'd', 'c'])
  })

  it('shows one state alone', () => {
    expect(ordered(all, 'silent').map((item) => item.sensor_id)).toEqual(['a', 'b'])
  })

  it('reads a value out with its unit, and nothing where there is none', () => {
    expect(readingText({ value: 16.40001, unit: 'cm' })).toBe('16.4 cm')
    expect(readingText({ value: 1, unit: '' })).toBe('1')
    expect(readingText({ value: null, unit: 'cm' })).toBe('')
  })
})
