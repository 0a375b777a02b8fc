import type { EventGroup } from '@/shared/api/merges'
import type { HeldAlert } from '@/shared/live/merge'

/** One line of the queue; every kind has one height, so that ten thousand need no measuring. */
export type Row =
  | { type: 'head'; key: 'fresh' | 'quiet' | 'confirmed'; count: number; of: number }
  | { type: 'group'; key: string; group: EventGroup; count: number; open: boolean }
  | { type: 'none'; key: string; hidden: number }
  | { type: 'card'; key: string; alert: HeldAlert; quiet: boolean }

export const HEIGHT: Record<Row['type'], number> = { head: 34, group: 56, none: 72, card: 74 }

export interface Sections {
  fresh: HeldAlert[]
  grouped: { group: EventGroup; alerts: HeldAlert[] }[]
  quiet: HeldAlert[]
  confirmed: HeldAlert[]
}

const card = (alert: HeldAlert, quiet = false): Row => ({ type: 'card', key: alert.case_id, alert, quiet })

/**
 * The lines of the queue, top to bottom.
 *
 * @param shows What the filter lets through.
 * @param open Ids of the event groups that are unfolded.
 */
export function rowsOf(sections: Sections, shows: (alert: HeldAlert) => boolean, open: ReadonlySet<string>): Row[] {
  const fresh = sections.fresh.filter(shows)
  const quiet = sections.quiet.filter(shows)
  const confirmed = sections.confirmed.filter(shows)
  const rows: Row[] = [{ type: 'head', key: 'fresh', count: fresh.length, of: sections.fresh.length }]
  if (fresh.length === 0) rows.push({ type: 'none', key: 'none-fresh', hidden: sections.fresh.length })
  for (const alert of fresh) rows.push(card(alert))
  for (const { group, alerts } of sections.grouped) {
    const shown = alerts.filter(shows)
    if (shown.length === 0) continue
    rows.push({ type: 'group', key: group.group_id, group, count: shown.length, open: open.has(group.group_id) })
    if (open.has(group.group_id)) for (const alert of shown) rows.push(card(alert, true))
  }
  if (quiet.length > 0) rows.push({ type: 'head', key: 'quiet', count: quiet.length, of: sections.quiet.length })
  for (const alert of quiet) rows.push(card(alert, true))
  rows.push({ type: 'head', key: 'confirmed', count: confirmed.length, of: sections.confirmed.length })
  if (confirmed.length === 0) rows.push({ type: 'none', key: 'none-confirmed', hidden: sections.confirmed.length })
  for (const alert of confirmed) rows.push(card(alert))
  return rows
}
