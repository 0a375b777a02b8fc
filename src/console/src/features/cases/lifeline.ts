import type { CaseState, TransitionView } from '@/shared/api/types'

export interface LifeStep {
  state: CaseState
  at: string | null
  done: boolean
  current: boolean
}

const PATH: CaseState[] = ['reported', 'filed', 'dispatched', 'accepted', 'arrived', 'handled', 'checked', 'closed']
const ENDINGS: ReadonlySet<CaseState> = new Set(['not_filed', 'merged'])

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
    : state === 'pending_dispatch'
      ? PATH.flatMap((item) => (item === 'dispatched' ? (['pending_dispatch', item] as CaseState[]) : [item]))
      : PATH
  return path.map((item) => ({
    state: item,
    at: reached.get(item) ?? null,
    done: reached.has(item),
    current: item === state,
  }))
}

/** How often a case was sent back to be done again. */
export function reworks(transitions: TransitionView[]): number {
  return transitions.filter((step) => step.to_state === 'dispatched' && ['handled', 'checked'].includes(step.from_state ?? ''))
    .length
}
