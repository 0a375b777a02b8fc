import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { coalesce } from '@/shared/lib/coalesce'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('coalescing', () => {
  it('one call runs at once; a storm runs at a steady pace and its last call is not lost', () => {
    let value = 0
    const drawn: [number, number][] = []
    const start = Date.now()
    const draw = coalesce(() => drawn.push([Date.now() - start, value]), 100)
    for (let n = 1; n <= 250; n++) {
      value = n
      draw()
      vi.advanceTimersByTime(1)
    }
    vi.advanceTimersByTime(1000)
    expect(drawn).toEqual([
      [0, 1],
      [100, 100],
      [200, 200],
      [300, 250],
    ])
  })
})
