import { describe, expect, it } from 'vitest'
import {
  confirmedAlerts,
  emptyBook,
  mergeAlert,
  mergeCaseState,
  mergeListed,
  mergeOpenList,
  newAlerts,
} from '@/shared/live/merge'
import { alertOfCase } from '@/shared/live/fromCase'
import type { Alert, CaseSummary } from '@/shared/api/types'
import { alert, caseChange } from './samples'

const CASE = 'YT20261123-000001'

function snapshot(messages: Alert[], order: number[]) {
  const book = emptyBook()
  for (const index of order) {
    const message = messages[index]
    if (message) mergeAlert(book, message)
  }
  const held = book.byCase.get(CASE)
  return held && { ...held, seq: 0 }
}

function orders(length: number): number[][] {
  if (length === 0) return [[]]
  return orders(length - 1).flatMap((rest) =>
    Array.from({ length }, (_, at) => [...rest.slice(0, at), length - 1, ...rest.slice(at)]),
  )
}

describe('alerts', () => {
  it('a repeated delivery changes nothing', () => {
    const book = emptyBook()
    const message = alert()
    expect(mergeAlert(book, message)).not.toBeNull()
    expect(mergeAlert(book, message)).toBeNull()
    expect(newAlerts(book)).toHaveLength(1)
  })

  it('the end is the same in every order of arrival', () => {
    const messages = [
      alert(),
      alert({ change: 'repeated', repeats: 1, changed_at: '2026-11-23T01:01:00Z' }),
      alert({ change: 'repeated', repeats: 2, changed_at: '2026-11-23T01:02:00Z' }),
      alert({ change: 'confirmed', case_state: 'filed', case_version: 2, repeats: 2, changed_at: '2026-11-23T01:03:00Z' }),
    ]
    const all = orders(messages.length)
    expect(all).toHaveLength(24)
    for (const order of all) expect(snapshot(messages, order)).toEqual(snapshot(messages, [0, 1, 2, 3]))
    expect(snapshot(messages, [0, 1, 2, 3])?.case_state).toBe('filed')
  })

  it('a confirmed alert never looks open again', () => {
    const book = emptyBook()
    mergeAlert(book, alert({ change: 'confirmed', case_state: 'filed', case_version: 2 }))
    mergeAlert(book, alert({ changed_at: '2026-11-23T09:00:00Z' }))
    mergeListed(book, alert({ changed_at: '2026-11-23T09:00:00Z' }))
    expect(newAlerts(book)).toEqual([])
    expect(confirmedAlerts(book)).toHaveLength(1)
  })

  it('an alert that comes after the news of its case takes the newer state', () => {
    const book = emptyBook()
    mergeCaseState(book, caseChange('dispatched', 3))
    mergeAlert(book, alert())
    expect(newAlerts(book)).toEqual([])
    expect(confirmedAlerts(book)[0]?.case_version).toBe(3)
  })

  it('an old case message does not take a state back', () => {
    const book = emptyBook()
    mergeAlert(book, alert())
    mergeCaseState(book, caseChange('dispatched', 3))
    expect(mergeCaseState(book, caseChange('filed', 2))).toBeNull()
    expect(book.byCase.get(CASE)?.case_state).toBe('dispatched')
  })

  it('a rejected alert leaves both lists', () => {
    const book = emptyBook()
    mergeAlert(book, alert())
    mergeAlert(book, alert({ change: 'rejected', case_state: 'not_filed', case_version: 2 }))
    expect([...newAlerts(book), ...confirmedAlerts(book)]).toEqual([])
  })

  it('a cleared condition stays cleared through the decision, until it comes back', () => {
    const book = emptyBook()
    mergeAlert(book, alert())
    mergeAlert(book, alert({ change: 'cleared', changed_at: '2026-11-23T01:05:00Z' }))
    mergeAlert(book, alert({ change: 'confirmed', case_state: 'filed', case_version: 2, changed_at: '2026-11-23T01:06:00Z' }))
    expect(book.byCase.get(CASE)?.cleared).toBe(true)
    mergeAlert(book, alert({ change: 'repeated', case_state: 'filed', case_version: 2, changed_at: '2026-11-23T01:07:00Z' }))
    expect(book.byCase.get(CASE)?.cleared).toBe(false)
  })
})

describe('lists read after being cut off', () => {
  it('drop what was decided meanwhile and keep what arrived meanwhile', () => {
    const book = emptyBook()
    mergeAlert(book, alert({ case_id: 'decided-elsewhere' }))
    mergeAlert(book, alert({ case_id: 'still-open' }))
    const askedAt = book.seq
    mergeAlert(book, alert({ case_id: 'arrived-meanwhile' }))
    mergeOpenList(book, [alert({ case_id: 'still-open' }), alert({ case_id: 'missed' })], askedAt, 500)
    expect(newAlerts(book).map((item) => item.case_id).sort()).toEqual(['arrived-meanwhile', 'missed', 'still-open'])
  })

  it('a full list says nothing about alerts older than its last', () => {
    const book = emptyBook()
    mergeAlert(book, alert({ case_id: 'old', opened_at: '2026-11-22T01:00:00Z' }))
    mergeAlert(book, alert({ case_id: 'gone', opened_at: '2026-11-23T02:00:00Z' }))
    mergeOpenList(book, [alert({ case_id: 'listed', opened_at: '2026-11-23T01:30:00Z' })], book.seq, 1)
    expect(newAlerts(book).map((item) => item.case_id).sort()).toEqual(['listed', 'old'])
  })

  it('do not take back what a message already told', () => {
    const book = emptyBook()
    mergeAlert(book, alert({ change: 'confirmed', case_state: 'dispatched', case_version: 3 }))
    mergeOpenList(book, [alert()], book.seq, 500)
    expect(newAlerts(book)).toEqual([])
  })
})

describe('an alert made from its case', () => {
  const summary = {
    ...alert(),
    version: 1,
    state: 'reported',
    subtype: 'missing_shifted',
    holder: null,
    holder_name_zh: '',
    holder_name_en: '',
    condition: 'open',
    reported_at: '2026-11-23T01:00:30Z',
    filed_at: null,
    due_at: null,
    updated_at: '2026-11-23T01:00:30Z',
    incident_count: 3,
  } satisfies Record<string, unknown> as unknown as CaseSummary

  it('waits in the queue like any other, and gives way to the real one', () => {
    const book = emptyBook()
    mergeListed(book, alertOfCase(summary))
    expect(newAlerts(book)).toMatchObject([{ case_id: CASE, repeats: 2, zone_id: null }])
    mergeAlert(book, alert({ change: 'repeated', changed_at: '2026-11-23T01:01:00Z' }))
    expect(newAlerts(book)).toMatchObject([{ case_id: CASE, zone_id: 'no-parking' }])
  })
})

describe('working order', () => {
  it('is most severe first, then who waits longest', () => {
    const book = emptyBook()
    mergeAlert(book, alert({ case_id: 'minor-old', opened_at: '2026-11-23T00:00:00Z' }))
    mergeAlert(book, alert({ case_id: 'minor-new', opened_at: '2026-11-23T02:00:00Z' }))
    mergeAlert(book, alert({ case_id: 'critical', severity: 1, opened_at: '2026-11-23T03:00:00Z' }))
    expect(newAlerts(book).map((item) => item.case_id)).toEqual(['critical', 'minor-old', 'minor-new'])
  })
})
