import { describe, expect, it } from 'vitest'
import type { Fault } from '@/shared/api/cameraHealth'
import { faultTitle, percent } from '@/features/cameras/faultWords'
import { secondsLeft, speedsOf, steers } from '@/features/cameras/steer'
import { inOrder, takeFault } from '@/shared/stores/faults'

function fault(id: string, patch: Partial<Fault> = {}): Fault {
  return {
    fault_id: id, kind: 'camera', name: 'cam-001', state: 'off', began_at: '2026-11-23T00:12:00Z', ended_at: null,
    cameras: ['cam-001'], recovered: [], reason_zh: '', reason_en: '', repeats: 0, folded_into: null,
    changed_at: '2026-11-23T00:12:30Z', ...patch,
  }
}
const message = (item: Fault) => ({ ...item, schema_version: 1 as const, change_id: 'c' }) as Parameters<typeof takeFault>[1]

describe('device faults', () => {
  it('come widest first, then longest', () => {
    const wide = fault('w', { kind: 'switch', cameras: ['a', 'b'], began_at: '2026-11-23T00:20:00Z' })
    const old = fault('o', { began_at: '2026-11-23T00:01:00Z' })
    expect(inOrder([fault('n'), old, wide]).map((item) => item.fault_id)).toEqual(['w', 'o', 'n'])
  })

  it('go when they end or become part of an outage, in any order of messages', () => {
    const held = new Map<string, Fault>()
    takeFault(held, message(fault('a')))
    takeFault(held, message(fault('b')))
    takeFault(held, message(fault('a', { ended_at: '2026-11-23T01:00:00Z', changed_at: '2026-11-23T01:00:00Z' })))
    takeFault(held, message(fault('b', { folded_into: 'w', changed_at: '2026-11-23T01:00:00Z' })))
    expect(held.size).toBe(0)
    takeFault(held, message(fault('c', { repeats: 2, changed_at: '2026-11-23T02:00:00Z' })))
    takeFault(held, message(fault('c', { repeats: 1 })))
    expect(held.get('c')?.repeats).toBe(2)
  })

  it('have a title with how many cameras', () => {
    const t = (key: string, values?: Record<string, unknown>) => `${key} ${JSON.stringify(values)}`
    const title = faultTitle(fault('s', { kind: 'switch', name: 'A', cameras: ['a', 'b'] }), t, () => '', new Map())
    expect(title).toBe('health.scope.switch {"name":"A","n":2}')
    expect(faultTitle(fault('c'), t, () => '', new Map())).toBe('cam-001')
  })

  it('never make an availability look better than it is', () => {
    expect([percent(null), percent(1), percent(0.99999), percent(0.5)]).toEqual(['—', '100.00%', '99.99%', '50.00%'])
  })
})

describe('steering', () => {
  it('adds held keys and cancels opposite ones', () => {
    expect(speedsOf(['ArrowLeft', 'ArrowUp'])).toEqual({ pan: -0.5, tilt: 0.5, zoom: 0 })
    expect(speedsOf(['ArrowLeft', 'ArrowRight'])).toBeNull()
    expect(speedsOf(['+', '='])).toEqual({ pan: 0, tilt: 0, zoom: 0.5 })
    expect(speedsOf([])).toBeNull()
    expect([steers('ArrowDown'), steers('Enter')]).toEqual([true, false])
  })

  it('counts down to the end of a takeover', () => {
    const at = Date.parse('2026-11-23T01:00:00Z')
    expect(secondsLeft('2026-11-23T01:01:00Z', at)).toBe(60)
    expect(secondsLeft('2026-11-23T00:59:00Z', at)).toBe(0)
    expect(secondsLeft(null, at)).toBe(0)
  })
})
