import { describe, expect, it } from 'vitest'
import { fit, MAX_BYTES } from '@/shared/lib/compress'
import { byTimeLeft, stepOf } from '@/features/tasks/useTasks'
import { task } from './samples'

const AT = '2026-11-23T01:00:00Z'

describe('a task', () => {
  it('asks for one step after the other', () => {
    expect(stepOf({ accepted_at: null, arrived_at: null, handled_at: null })).toBe('accept')
    expect(stepOf({ accepted_at: AT, arrived_at: null, handled_at: null })).toBe('arrive')
    expect(stepOf({ accepted_at: AT, arrived_at: AT, handled_at: null })).toBe('handle')
    expect(stepOf({ accepted_at: AT, arrived_at: AT, handled_at: AT })).toBe('done')
  })

  it('with the least time left comes first, without a limit last', () => {
    const none = task('w', '00:01')
    const soon = task('w', '00:02', { due_at: '2026-11-23T01:00:00Z' })
    const late = task('w', '00:03', { due_at: '2026-11-23T09:00:00Z' })
    expect([none, late, soon].sort(byTimeLeft)).toEqual([soon, late, none])
  })
})

describe('a photo', () => {
  const blob = (size: number) => ({ size }) as Blob

  it('keeps the best quality that is small enough', async () => {
    const tried: [number, number][] = []
    const small = await fit({
      toJpeg: (side, quality) => {
        tried.push([side, quality])
        return Promise.resolve(blob(side * 600 * quality))
      },
    })
    expect(small.size).toBeLessThan(MAX_BYTES)
    expect(tried).toEqual([
      [1600, 0.82],
      [1600, 0.7],
      [1600, 0.58],
      [1280, 0.82],
      [1280, 0.7],
      [1280, 0.58],
    ])
  })

  it('that no setting makes small enough is sent as small as it gets', async () => {
    expect((await fit({ toJpeg: (side) => Promise.resolve(blob(side * 1_000_000)) })).size).toBe(800_000_000)
  })
})
