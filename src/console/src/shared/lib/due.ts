import type { CaseState } from '@/shared/api/types'

export type Lamp = 'none' | 'green' | 'yellow' | 'red'

const FINAL: ReadonlySet<CaseState> = new Set(['not_filed', 'merged', 'closed', 'closed_forced', 'handed_over'])
const ANSWERED: ReadonlySet<CaseState> = new Set(['handled', 'checked', 'suspended'])
const YELLOW_AT_USED = 0.75

/** Whether the case needs nobody any more. */
export function isFinal(state: CaseState): boolean {
  return FINAL.has(state)
}

/**
 * The lamp of a deadline: yellow when three quarters of the limit are used, red when it is over.
 * The limit stops when the worker reports the work done, so answered and final cases carry none.
 *
 * @param startedAt When the limit began (dispatch); falls back to filing or report.
 */
export function dueLamp(state: CaseState, dueAt: string | null, startedAt: string | null, nowMs: number): Lamp {
  if (!dueAt || isFinal(state) || ANSWERED.has(state)) return 'none'
  const due = Date.parse(dueAt)
  if (nowMs >= due) return 'red'
  const start = startedAt ? Date.parse(startedAt) : Number.NaN
  if (Number.isNaN(start) || start >= due) return 'green'
  return (nowMs - start) / (due - start) >= YELLOW_AT_USED ? 'yellow' : 'green'
}
