import { describe, expect, it } from 'vitest'
import { holdings } from '@/features/cases/holders'
import { lifeline, reworks } from '@/features/cases/lifeline'
import { task, transition } from './samples'

const reworked = [
  transition(1, 'reported', '01:00', { actor: 'system', role: 'system' }),
  transition(2, 'filed', '01:01', { from_state: 'reported' }),
  transition(3, 'dispatched', '01:01', { from_state: 'filed', actor: 'system', role: 'system' }),
  transition(4, 'accepted', '01:05', { from_state: 'dispatched', actor: 'worker1', role: 'worker' }),
  transition(5, 'arrived', '01:15', { from_state: 'accepted', actor: 'worker1', role: 'worker' }),
  transition(6, 'handled', '01:30', { from_state: 'arrived', actor: 'worker1', role: 'worker' }),
  transition(7, 'dispatched', '01:40', { from_state: 'handled', note: '没修好' }),
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

  it('waiting for a dispatcher is a step of its own', () => {
    const steps = lifeline('pending_dispatch', [transition(1, 'reported', '01:00'), transition(2, 'filed', '01:01')])
    expect(steps.map((step) => step.state)).toContain('pending_dispatch')
  })
})

describe('who was responsible', () => {
  it('has no gap and no second holder', () => {
    const chain = holdings({ transitions: reworked, tasks: [task('worker1', '01:01'), task('worker2', '01:40')] })
    expect(chain.map((item) => item.who)).toEqual(['desk', 'worker1', 'desk', 'worker2'])
    for (let index = 1; index < chain.length; index++) expect(chain[index]?.from).toBe(chain[index - 1]?.until)
    expect(chain.at(-1)?.until).toBeNull()
  })

  it('ends with the case', () => {
    const closed = [...reworked.slice(0, 6), transition(7, 'checked', '01:40'), transition(8, 'closed', '01:45')]
    const chain = holdings({ transitions: closed, tasks: [task('worker1', '01:01')] })
    expect(chain.map((item) => [item.who, item.from.slice(11, 16)])).toEqual([
      ['desk', '01:01'],
      ['worker1', '01:01'],
      ['desk', '01:30'],
    ])
    expect(chain.at(-1)?.until).toBe('2026-11-23T01:45:00Z')
  })

  it('is nobody before filing', () => {
    expect(holdings({ transitions: reworked.slice(0, 1), tasks: [] })).toEqual([])
  })
})
