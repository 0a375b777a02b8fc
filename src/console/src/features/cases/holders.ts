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

/** Who holds the case after this step; undefined where nothing changes, null where it ends. */
function holderAfter(step: TransitionView, steps: TransitionView[], tasks: TaskView[]): Holding | null | undefined {
  if (FINAL.has(step.to_state)) return null
  if (step.to_state === 'filed') return ofActor(step)
  if (step.to_state === 'dispatched') {
    const again = steps.find((later) => later.seq > step.seq && later.to_state === 'dispatched')
    const task = assigneeOf(step, again ? Date.parse(again.at) - 1000 : Infinity, tasks)
    return task && ofTask(task, step.at)
  }
  // Work reported done goes back to whoever filed it; the desk that checks it takes it over.
  const atDesk = step.role === 'operator' || step.role === 'admin'
  if (step.to_state === 'checked' && atDesk) return ofActor(step)
  if (step.to_state !== 'handled' && step.to_state !== 'checked') return undefined
  const filed = steps.filter((earlier) => earlier.seq < step.seq && earlier.to_state === 'filed').at(-1)
  return filed && { ...ofActor(filed), from: step.at, state: step.to_state }
}

/** Who held the case when, from filing on, without a gap: read off its transitions and assignments. */
export function holdings(detail: Pick<CaseDetail, 'transitions' | 'tasks'>): Holding[] {
  const steps = [...detail.transitions].sort((a, b) => a.seq - b.seq)
  const chain: Holding[] = []
  for (const step of steps) {
    const next = holderAfter(step, steps, detail.tasks)
    const last = chain.at(-1)
    if (next === undefined || (last && next && last.who === next.who)) continue
    if (last?.until === null) last.until = step.at
    if (next) chain.push(next)
  }
  return chain
}
