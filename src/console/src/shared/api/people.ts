import { getJson, postJson, putJson, query, request } from './client'
import type { components } from './schema'

type Schemas = components['schemas']

export type Account = Schemas['AccountOut']
export type AccountBody = Schemas['AccountIn']
export type AuditRow = Schemas['AuditRowOut']
export type AuditState = Schemas['AuditState']
export type OwnSession = Schemas['SessionOut']
export type Methods = Schemas['Methods']
export type Details = Schemas['Details']

export interface AuditQuery {
  object: string
  actor: string
  action: string
  from: string
  to: string
}

const id = encodeURIComponent

export const peopleApi = {
  methods: () => getJson<Methods>('/auth/methods'),
  accounts: () => getJson<{ items: Account[] }>('/users').then((body) => body.items),
  saveAccount: (username: string, body: AccountBody) => putJson<Account>(`/users/${id(username)}`, body),
  givePassword: (username: string) => postJson<Schemas['Given']>(`/users/${id(username)}/password`, {}).then((body) => body.password),

  sessions: () => getJson<{ items: OwnSession[] }>('/auth/sessions').then((body) => body.items),
  endSession: (sessionId: string) => request(`/auth/sessions/${id(sessionId)}`, { method: 'DELETE' }),
  endOthers: () => request('/auth/sessions', { method: 'DELETE' }),

  audit: (asked: AuditQuery, before: number | null) =>
    getJson<{ items: AuditRow[]; next: number | null }>(`/audit${query({ ...asked, before })}`),
  auditState: () => getJson<AuditState>('/audit/state'),

  details: (caseId: string, purpose: string) => postJson<Details>(`/cases/${id(caseId)}/details/view`, { purpose }),
  addDetail: (caseId: string, text: string) => request(`/cases/${id(caseId)}/details`, { method: 'POST', body: JSON.stringify({ text }) }),
}
