import type { CaseDetail, CaseState, TaskView, TransitionView } from '@/shared/api/types'

/** One stretch of responsibility; `until` is null for the present holder. */
export interface Holding {
  who: string
  name_zh: string
  name_en: string
  role: string
  from: string
  until: string | null
  state: CaseState
}

const FINAL: ReadonlySet<CaseState> = new Set(['closed', 'not_filed', 'merged'])

/** The worker a dispatch went to: the assignment made at or right after it. */
function assigneeOf(dispatch: TransitionView, nextAt: number, tasks: TaskView[]): TaskView | undefined {
  const at = Date.parse(dispatch.at)
  return tasks
    .filter((task) => Date.parse(task.created_at) >= at - 1000 && Date.parse(task.created_at) < nextAt)
    .sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))[0]
}

function ofTask(task: TaskView, at: string): Holding {
  return {
    who: task.assignee,
    name_zh: task.assignee_name_zh ?? task.assignee,
    name_en: task.assignee_name_en ?? task.assignee,
    role: 'worker',
    from: at,
    until: null,
    state: 'dispatched',
  }
}

function ofActor(step: TransitionView): Holding {
  return {
    who: step.actor,
    name_zh: step.actor_name_zh ?? step.actor,
    name_en: step.actor_name_en ?? step.actor,
    role: step.role,
    from: step.at,
    until: null,
    state: step.to_state,
  }
}

/** Who held the case when, from filing on, without a gap: read off its transitions and assignments. */
export function holdings(detail: Pick<CaseDetail, 'transitions' | 'tasks'>): Holding[] {
  const steps = [...detail.transitions].sort((a, b) => a.seq - b.seq)
  const chain: Holding[] = []
  const hand = (next: Holding | null, at: string) => {
    const last = chain.at(-1)
    if (last && next && last.who === next.who) return
    if (last && last.until === null) last.until = at
    if (next) chain.push(next)
  }
  steps.forEach((step, index) => {
    const nextDispatch = steps.slice(index + 1).find((later) => later.to_state === 'dispatched')
    if (step.to_state === 'filed') hand(ofActor(step), step.at)
    else if (step.to_state === 'dispatched') {
      const task = assigneeOf(step, nextDispatch ? Date.parse(nextDispatch.at) - 1000 : Infinity, detail.tasks)
      if (task) hand(ofTask(task, step.at), step.at)
    } else if (FINAL.has(step.to_state)) hand(null, step.at)
  })
  return chain
}
