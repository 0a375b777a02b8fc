import { Problem } from '@/shared/api/client'
import type { TaskView } from '@/shared/api/types'
import { stillRight } from './rules'
import type { Act, Refused } from './store'

/** What the outbox works with; the real ones are IndexedDB and the service. */
export interface OutboxTools {
  queue: () => Promise<Act[]>
  save: (act: Act) => Promise<void>
  remove: (act: Act) => Promise<void>
  task: (taskId: string) => Promise<TaskView | undefined>
  putTask: (task: TaskView) => Promise<void>
  /** Own tasks as the service has them now, ended ones too. */
  fetchTasks: () => Promise<TaskView[]>
  send: (act: Act, version: number) => Promise<TaskView | null>
}

export interface Flushed {
  sent: number
  refused: number
  /** Whether something waits because the service could not be reached. */
  waiting: boolean
}

/** Whether trying again later is all that is needed. */
function passes(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status >= 500 || [401, 408, 429].includes(error.status)
}

function refusal(error: unknown, state: string | null): Refused {
  const problem = error as Problem
  return { code: problem.code, zh: problem.detail_zh, en: problem.detail_en, state }
}

/**
 * Sends what waits, in the order it was pressed.
 *
 * A case that only changed its version meanwhile takes the act all the same. If the act makes no
 * sense any more it stays with the reason, and so do those after it on the same case; other cases
 * go on.
 */
export async function flushQueue(tools: OutboxTools): Promise<Flushed> {
  const done: Flushed = { sent: 0, refused: 0, waiting: false }
  const stuck = new Set<string>()
  for (const act of await tools.queue()) {
    if (act.refused) stuck.add(act.caseId)
    if (stuck.has(act.caseId)) continue
    try {
      await deliver(act, tools)
      await tools.remove(act)
      done.sent++
    } catch (error) {
      if (passes(error)) return { ...done, waiting: true }
      const now = act.taskId ? await tools.task(act.taskId) : undefined
      await tools.save({ ...act, refused: refusal(error, now?.case_state ?? null) })
      stuck.add(act.caseId)
      done.refused++
    }
  }
  return done
}

async function deliver(act: Act, tools: OutboxTools): Promise<void> {
  const known = act.taskId ? await tools.task(act.taskId) : undefined
  const version = act.version ?? known?.case_version ?? 1
  try {
    await keep(await tools.send(act, version), tools)
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'stale_version' && act.taskId)) throw error
    for (const task of await tools.fetchTasks()) await tools.putTask(task)
    const now = await tools.task(act.taskId)
    if (!now || !stillRight(act, now)) throw error
    await keep(await tools.send(act, now.case_version), tools)
  }
}

async function keep(task: TaskView | null, tools: OutboxTools): Promise<void> {
  if (task) await tools.putTask(task)
}
