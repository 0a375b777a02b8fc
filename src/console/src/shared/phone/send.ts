import { postJson, request } from '@/shared/api/client'
import type { TaskView } from '@/shared/api/types'
import type { Act } from './store'

const id = encodeURIComponent

function form(act: Act, version: number): FormData {
  const body = new FormData()
  if (act.photo) body.set('photo', act.photo, `${act.kind}.jpg`)
  body.set('version', String(version))
  body.set('note', act.note ?? '')
  body.set('client_id', act.clientId)
  body.set('said_at', act.saidAt)
  if (act.takenAt) body.set('captured_at', act.takenAt)
  if (act.result) body.set('result', act.result)
  return body
}

/** Sends one act; the service does it once, however often it comes. Null for an act on no own task. */
export async function sendAct(act: Act, version: number): Promise<TaskView | null> {
  if (act.kind === 'look') {
    await request(`/looks/${id(act.caseId)}`, { method: 'POST', body: form(act, version) })
    return null
  }
  const path = `/tasks/${id(act.taskId ?? '')}/${act.kind}`
  if (act.photo) {
    const response = await request(path, { method: 'POST', body: form(act, version) })
    return (await response.json()) as TaskView
  }
  const said = { version, client_id: act.clientId, said_at: act.saidAt }
  if (act.kind === 'arrive') return postJson<TaskView>(path, { ...said, ...act.position })
  if (act.kind === 'return') return postJson<TaskView>(path, { ...said, note: act.note ?? '' })
  if (act.kind === 'extend') return postJson<TaskView>(path, { ...said, note: act.note ?? '', minutes: act.minutes })
  return postJson<TaskView>(path, said)
}
