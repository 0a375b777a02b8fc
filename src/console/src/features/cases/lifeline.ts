import type { CaseState, TransitionView } from '@/shared/api/types'

export interface LifeStep {
  state: CaseState
  at: string | null
  done: boolean
  current: boolean
}

const PATH: CaseState[] = ['reported', 'filed', 'dispatched', 'accepted', 'arrived', 'handled', 'checked', 'closed']
const ENDINGS: ReadonlySet<CaseState> = new Set(['not_filed', 'merged', 'closed_forced', 'handed_over'])
/** Where a state that is no step of its own stands: before which step of the path. */
const BEFORE: Partial<Record<CaseState, CaseState>> = {
  pending_verify: 'filed',
  pending_filing: 'filed',
  pending_dispatch: 'dispatched',
  rework: 'dispatched',
  reopened: 'dispatched',
  protected: 'handled',
  handling: 'handled',
  waiting_extension: 'handled',
  suspended: 'handled',
}

/** The steps of a case with the time each was last reached; a case that ended early ends there. */
export function lifeline(state: CaseState, transitions: TransitionView[]): LifeStep[] {
  const reached = new Map<CaseState, string>()
  for (const step of [...transitions].sort((a, b) => a.seq - b.seq)) {
    const at = PATH.indexOf(step.to_state)
    // Sent back: the steps after it are still to be done again.
    if (at >= 0) for (const later of PATH.slice(at + 1)) reached.delete(later)
    reached.set(step.to_state, step.at)
  }
  const path = ENDINGS.has(state)
    ? [...PATH.filter((item) => reached.has(item)), state]
    : PATH.flatMap((item) => (item === BEFORE[state] ? [state, item] : [item]))
  return path.map((item) => ({
    state: item,
    at: reached.get(item) ?? null,
    done: reached.has(item),
    current: item === state,
  }))
}

/** How often a case was sent back to be done again. */
export function reworks(transitions: TransitionView[]): number {
  return transitions.filter((step) => step.to_state === 'rework').length
}
