import { describe, expect, it } from 'vitest'
import { lifeline, reworks } from '@/features/cases/lifeline'
import { transition } from './samples'

const reworked = [
  transition(1, 'reported', '01:00', { actor: 'system', role: 'system' }),
  transition(2, 'filed', '01:01', { from_state: 'reported' }),
  transition(3, 'dispatched', '01:01', { from_state: 'filed', actor: 'system', role: 'system' }),
  transition(4, 'accepted', '01:05', { from_state: 'dispatched', actor: 'worker1', role: 'worker' }),
  transition(5, 'arrived', '01:15', { from_state: 'accepted', actor: 'worker1', role: 'worker' }),
  transition(6, 'handled', '01:30', { from_state: 'arrived', actor: 'worker1', role: 'worker' }),
  transition(7, 'rework', '01:40', { from_state: 'handled', note: '没修好' }),
  transition(8, 'dispatched', '01:40', { from_state: 'rework', actor: 'system', role: 'system' }),
]

describe('the life line', () => {
  it('a case sent back has its later steps before it again', () => {
    const steps = lifeline('dispatched', reworked)
    expect(steps.map((step) => [step.state, step.done])).toEqual([
      ['reported', true],
      ['filed', true],
      ['dispatched', true],
      ['accepted', false],
      ['arrived', false],
      ['handled', false],
      ['checked', false],
      ['closed', false],
    ])
    expect(steps.find((step) => step.current)?.at).toBe('2026-11-23T01:40:00Z')
    expect(reworks(reworked)).toBe(1)
  })

  it('a case that was not filed ends there', () => {
    const steps = lifeline('not_filed', [transition(1, 'reported', '01:00'), transition(2, 'not_filed', '01:01')])
    expect(steps.map((step) => step.state)).toEqual(['reported', 'not_filed'])
    expect(steps.at(-1)?.current).toBe(true)
  })

  it('a state that is no step of its own stands where it belongs', () => {
    const steps = lifeline('suspended', reworked.slice(0, 5)).map((step) => step.state)
    expect(steps.indexOf('suspended')).toBe(steps.indexOf('handled') - 1)
  })

  it('waiting for a dispatcher is a step of its own', () => {
    const steps = lifeline('pending_dispatch', [transition(1, 'reported', '01:00'), transition(2, 'filed', '01:01')])
    expect(steps.map((step) => step.state)).toContain('pending_dispatch')
  })
})
