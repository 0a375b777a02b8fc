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

/** Whether somebody still has to decide about it. */
export function isNew(alert: Pick<Alert, 'case_state'>): boolean {
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
    if (!isNew(held) || held.seq > askedAtSeq || listed.has(held.case_id)) continue
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

/** New alerts in working order: most severe first, then who waits longest. */
export function newAlerts(book: AlertBook): HeldAlert[] {
  return waiting(book).filter((alert) => !isQuiet(alert))
}

/** New alerts for a second look, in the same order. */
export function quietAlerts(book: AlertBook): HeldAlert[] {
  return waiting(book).filter(isQuiet)
}

function waiting(book: AlertBook): HeldAlert[] {
  return [...book.byCase.values()]
    .filter(isNew)
    .sort((a, b) => a.severity - b.severity || a.openedMs - b.openedMs || a.seq - b.seq)
}

/** Confirmed alerts whose case is under way, latest change first. */
export function confirmedAlerts(book: AlertBook): HeldAlert[] {
  return [...book.byCase.values()]
    .filter(isUnderWay)
    .sort((a, b) => b.changedMs - a.changedMs || b.seq - a.seq)
}
