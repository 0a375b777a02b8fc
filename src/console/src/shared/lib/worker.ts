import type { CaseDetail } from '@/shared/api/types'

/** Name of the worker the case was last sent to, in both languages. */
export function lastWorker(detail: Pick<CaseDetail, 'tasks'> | null) {
  const task = detail?.tasks.at(-1)
  return { name_zh: task?.assignee_name_zh ?? '', name_en: task?.assignee_name_en ?? '' }
}
