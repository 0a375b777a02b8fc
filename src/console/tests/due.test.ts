import { describe, expect, it } from 'vitest'
import { dueLamp, isFinal } from '@/shared/lib/due'

const START = '2026-11-23T00:00:00Z'
const DUE = '2026-11-23T04:00:00Z'
const at = (time: string) => Date.parse(`2026-11-23T${time}Z`)

describe('the deadline lamp', () => {
  it.each([
    ['00:00:00', 'green'],
    ['02:59:59', 'green'],
    ['03:00:00', 'yellow'],
    ['03:59:59', 'yellow'],
    ['04:00:00', 'red'],
    ['23:00:00', 'red'],
  ])('at %s of a limit from 00 to 04 is %s', (time, lamp) => {
    expect(dueLamp('accepted', DUE, START, at(time))).toBe(lamp)
  })

  it('is off without a deadline', () => {
    expect(dueLamp('reported', null, null, at('01:00:00'))).toBe('none')
  })

  it.each(['handled', 'checked', 'closed', 'not_filed', 'merged'] as const)('is off in state %s', (state) => {
    expect(dueLamp(state, DUE, START, at('23:00:00'))).toBe('none')
  })

  it('does not guess a yellow when it does not know the start', () => {
    expect(dueLamp('accepted', DUE, null, at('03:59:00'))).toBe('green')
    expect(dueLamp('accepted', DUE, null, at('04:01:00'))).toBe('red')
  })

  it('final states are exactly three', () => {
    expect(['closed', 'merged', 'not_filed', 'reported', 'checked'].map((state) => isFinal(state as 'closed'))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
  })
})
