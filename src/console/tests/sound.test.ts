import { describe, expect, it } from 'vitest'
import * as plan from '@/shared/lib/soundPlan'

const S = 1000

describe('sounds', () => {
  it('critical rings every 20 s until it is acknowledged', () => {
    const state = plan.emptyPlan()
    const rung: number[] = []
    if (plan.onAlert(state, 'a', 1, 0)) rung.push(0)
    for (let s = 1; s <= 65; s++) if (plan.onTick(state, s * S)) rung.push(s)
    expect(rung).toEqual([0, 20, 40, 60])
    state.waiting.delete('a')
    expect(plan.onTick(state, 100 * S)).toBeNull()
  })

  it('goes on while another critical alert waits', () => {
    const state = plan.emptyPlan()
    plan.onAlert(state, 'a', 1, 0)
    plan.onAlert(state, 'b', 1, 1 * S)
    state.waiting.delete('a')
    expect(plan.onTick(state, 20 * S)).toBe('critical')
  })

  it('urgent sounds once, normal and minor never', () => {
    const state = plan.emptyPlan()
    expect(plan.onAlert(state, 'a', 2, 0)).toBe('urgent')
    expect(plan.onTick(state, 60 * S)).toBeNull()
    expect(plan.onAlert(state, 'b', 3, 60 * S)).toBeNull()
    expect(plan.onAlert(state, 'c', 4, 60 * S)).toBeNull()
  })

  it('there is at most one sound in five seconds, and a silenced critical alert still rings then', () => {
    const state = plan.emptyPlan()
    expect(plan.onAlert(state, 'a', 2, 0)).toBe('urgent')
    expect(plan.onAlert(state, 'b', 1, 2 * S)).toBeNull()
    expect(plan.onTick(state, 4 * S)).toBeNull()
    expect(plan.onTick(state, 5 * S)).toBe('critical')
  })

  it('more than ten in ten minutes are a flood: urgent ones fall silent, critical ones ring', () => {
    const state = plan.emptyPlan()
    for (let n = 0; n < 10; n++) plan.onAlert(state, `u${String(n)}`, 2, n * 10 * S)
    expect(plan.isFlood(state, 100 * S)).toBe(false)
    expect(plan.onAlert(state, 'u10', 2, 110 * S)).toBeNull()
    expect(plan.isFlood(state, 110 * S)).toBe(true)
    expect(plan.onAlert(state, 'c', 1, 120 * S)).toBe('critical')
    expect(plan.isFlood(state, 800 * S)).toBe(false)
  })
})
