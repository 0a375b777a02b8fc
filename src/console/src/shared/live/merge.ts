import type { Alert, CaseMessage, CaseState } from '@/shared/api/types'

/** An alert as the desk holds it; `seq` is the local order of arrival. */
export type HeldAlert = Alert & {
  seq: number
  /** Whether the condition has gone by itself; a later decision does not change that. */
  cleared: boolean
  openedMs: number
  changedMs: number
}

/** Everything the desk knows of alerts; plain data, changed only by the functions below. */
export interface AlertBook {
  byCase: Map<string, HeldAlert>
  /** Newest version and state known of each case, whatever message brought it. */
  newest: Map<string, { version: number; state: CaseState }>
  seen: Set<string>
  seq: number
}

const SEEN_LIMIT = 20_000
const UNDER_WAY: ReadonlySet<CaseState> = new Set([
  'filed',
  'pending_dispatch',
  'dispatched',
  'accepted',
  'arrived',
  'protected',
  'handling',
  'waiting_extension',
  'suspended',
  'rework',
  'reopened',
  'handled',
  'checked',
])

export function emptyBook(): AlertBook {
  return { byCase: new Map(), newest: new Map(), seen: new Set(), seq: 0 }
}

/** Whether somebody still has to decide about it: never judged yet, or its refusal was taken back. */
export function isNew(alert: Pick<Alert, 'case_state'>): boolean {
  return alert.case_state === 'reported' || alert.case_state === 'pending_filing'
}

/** Whether the service lists it among the open alerts: nobody has judged it yet. */
function isOpen(alert: Pick<Alert, 'case_state'>): boolean {
  return alert.case_state === 'reported'
}

/** Whether it was confirmed and its case is under way. */
export function isUnderWay(alert: Pick<Alert, 'case_state'>): boolean {
  return UNDER_WAY.has(alert.case_state)
}

/** Remembers a change; false if it was there already (a repeated delivery). */
function firstTime(book: AlertBook, changeId: string): boolean {
  if (book.seen.has(changeId)) return false
  book.seen.add(changeId)
  if (book.seen.size > SEEN_LIMIT) {
    const oldest = book.seen.values().next().value
    if (oldest !== undefined) book.seen.delete(oldest)
  }
  return true
}

function hold(book: AlertBook, alert: Alert, held: HeldAlert | undefined): HeldAlert {
  const back = alert.change === 'opened' || alert.change === 'repeated'
  const cleared = alert.change === 'cleared' || (!back && (held?.cleared ?? false))
  const openedMs = Date.parse(alert.opened_at)
  const changedMs = Date.parse(alert.changed_at)
  return withNewestState(book, { ...alert, cleared, openedMs, changedMs, seq: held?.seq ?? ++book.seq })
}

function isOlder(alert: Alert, held: HeldAlert): boolean {
  if (alert.case_version !== held.case_version) return alert.case_version < held.case_version
  return Date.parse(alert.changed_at) < held.changedMs
}

/** Takes the newest known state of its case over, so that no alert ever looks more open than its case. */
function withNewestState(book: AlertBook, alert: HeldAlert): HeldAlert {
  const known = book.newest.get(alert.case_id)
  if (known && known.version > alert.case_version) {
    return { ...alert, case_state: known.state, case_version: known.version }
  }
  book.newest.set(alert.case_id, { version: alert.case_version, state: alert.case_state })
  return alert
}

/**
 * Merges one alert message; safe to repeat and safe in any order.
 *
 * @returns The alert as it is now held, or null if the message told nothing new.
 */
export function mergeAlert(book: AlertBook, alert: Alert): HeldAlert | null {
  if (!firstTime(book, alert.change_id)) return null
  const held = book.byCase.get(alert.case_id)
  if (held && isOlder(alert, held)) return null
  const next = hold(book, alert, held)
  book.byCase.set(alert.case_id, next)
  return next
}

/** Merges what a case message or a case answer says about the state of an alert's case. */
export function mergeCaseState(
  book: AlertBook,
  change: Pick<CaseMessage, 'case_id' | 'version' | 'state'>,
): HeldAlert | null {
  const known = book.newest.get(change.case_id)
  if (known && known.version >= change.version) return null
  book.newest.set(change.case_id, { version: change.version, state: change.state })
  const held = book.byCase.get(change.case_id)
  if (!held) return null
  const next = { ...held, case_state: change.state, case_version: change.version }
  book.byCase.set(change.case_id, next)
  return next
}

/**
 * Merges a list of open alerts as the service holds them.
 *
 * An alert held as new that the list does not have was decided while this desk was cut off, and goes.
 * One that arrived by message after the list was asked for stays.
 *
 * @param askedAtSeq `book.seq` when the list was asked for.
 * @param limit The list's limit; a full list says nothing about what is older than its last item.
 */
export function mergeOpenList(book: AlertBook, items: Alert[], askedAtSeq: number, limit: number): void {
  const listed = new Set(items.map((item) => item.case_id))
  const oldest = items.length >= limit ? Math.min(...items.map((item) => Date.parse(item.opened_at))) : -Infinity
  for (const held of book.byCase.values()) {
    if (!isOpen(held) || held.seq > askedAtSeq || listed.has(held.case_id)) continue
    if (held.openedMs >= oldest) book.byCase.delete(held.case_id)
  }
  for (const item of [...items].sort((a, b) => Date.parse(a.opened_at) - Date.parse(b.opened_at))) {
    mergeListed(book, item)
  }
}

/** Merges one alert that came in a list: like a message, but a repeat of a known change is no news. */
export function mergeListed(book: AlertBook, item: Alert): void {
  const held = book.byCase.get(item.case_id)
  book.seen.add(item.change_id)
  if (held && isOlder(item, held)) return
  book.byCase.set(item.case_id, hold(book, item, held))
}

/** Whether an alert waits silently for a second look; a critical one never does: it may be about a life. */
export function isQuiet(alert: Pick<Alert, 'second_look' | 'severity'>): boolean {
  return alert.second_look && alert.severity > 1
}

/** The alerts of a book in the order in which they are shown. */
export interface Queues {
  /** New: most severe first, then who waits longest. */
  loud: HeldAlert[]
  /** New, for a second look, in the same order. */
  quiet: HeldAlert[]
  /** Confirmed, their case under way, latest change first. */
  confirmed: HeldAlert[]
}

/** One pass over the book: thousands of alerts are put in order between two frames. */
export function queues(book: AlertBook): Queues {
  const found: Queues = { loud: [], quiet: [], confirmed: [] }
  for (const alert of book.byCase.values()) {
    if (isNew(alert)) (isQuiet(alert) ? found.quiet : found.loud).push(alert)
    else if (isUnderWay(alert)) found.confirmed.push(alert)
  }
  const waiting = (a: HeldAlert, b: HeldAlert) => a.severity - b.severity || a.openedMs - b.openedMs || a.seq - b.seq
  found.loud.sort(waiting)
  found.quiet.sort(waiting)
  found.confirmed.sort((a, b) => b.changedMs - a.changedMs || b.seq - a.seq)
  return found
}

export const newAlerts = (book: AlertBook): HeldAlert[] => queues(book).loud
export const quietAlerts = (book: AlertBook): HeldAlert[] => queues(book).quiet
export const confirmedAlerts = (book: AlertBook): HeldAlert[] => queues(book).confirmed

const SETTLED_KEPT = 300
const NEWEST_KEPT = 30_000

/**
 * Forgets the oldest of what needs nobody any more, so that a desk may run for weeks.
 *
 * A forgotten case is not shown as new again: its last state stays known much longer than its alert.
 */
export function forgetSettled(book: AlertBook, kept = SETTLED_KEPT, newestKept = NEWEST_KEPT): void {
  const settled = [...book.byCase.values()].filter((alert) => !isNew(alert) && !isUnderWay(alert))
  if (settled.length > kept * 2) {
    settled.sort((a, b) => a.changedMs - b.changedMs)
    for (const alert of settled.slice(0, settled.length - kept)) book.byCase.delete(alert.case_id)
  }
  if (book.newest.size <= newestKept) return
  for (const caseId of book.newest.keys()) {
    if (book.newest.size <= newestKept) return
    if (!book.byCase.has(caseId)) book.newest.delete(caseId)
  }
}
