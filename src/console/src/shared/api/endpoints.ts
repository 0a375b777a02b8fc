import { getJson, postJson, putJson, query, request } from './client'
import type {
  Alert,
  Camera,
  CaseDetail,
  CaseSummary,
  GridCollection,
  Health,
  Look,
  LookView,
  Me,
  PrecisionStats,
  Stats,
  TaskView,
  Taxonomy,
  Topic,
  TopicSample,
  TransitionBody,
  User,
  ZoneEdit,
  Zones,
  ZonesVersion,
} from './types'

export interface CaseQuery {
  state?: string[]
  category?: string
  grid?: string
  q?: string
  limit?: number
  before?: string
}

const id = encodeURIComponent

export const api = {
  signIn: (username: string, password: string) =>
    postJson<{ user: Me }>('/auth/session', { username, password }).then((body) => body.user),
  signOut: () => request('/auth/session', { method: 'DELETE' }),
  me: () => getJson<{ user: Me }>('/auth/me').then((body) => body.user),
  changePassword: (current: string, next: string) =>
    postJson<{ user: Me }>('/auth/password', { current, new: next }).then((body) => body.user),
  workers: () => getJson<{ items: User[] }>('/workers').then((body) => body.items),

  alerts: (open: boolean, limit: number) =>
    getJson<{ items: Alert[] }>(`/alerts${query({ open, limit })}`).then((body) => body.items),

  cases: (filter: CaseQuery) =>
    getJson<{ items: CaseSummary[]; next: string | null }>(`/cases${query({ ...filter })}`),
  case: (caseId: string) => getJson<CaseDetail>(`/cases/${id(caseId)}`),
  transition: (caseId: string, body: TransitionBody) =>
    postJson<CaseDetail>(`/cases/${id(caseId)}/transitions`, body),

  tasks: (done: boolean) =>
    getJson<{ items: TaskView[] }>(`/tasks${query({ done })}`).then((body) => body.items),
  looks: () => getJson<{ items: LookView[] }>('/looks').then((body) => body.items),

  cameras: () => getJson<{ items: Camera[] }>('/cameras').then((body) => body.items),
  look: (cameraId: string, signal?: AbortSignal) => getJson<Look>(`/cameras/${id(cameraId)}/look`, signal),
  picture: (cameraId: string, width: number, signal: AbortSignal) =>
    request(`/cameras/${id(cameraId)}/picture.jpg${query({ width })}`, { signal, cache: 'no-store' }),

  zones: (cameraId: string) => getJson<Zones>(`/cameras/${id(cameraId)}/zones`),
  saveZones: (cameraId: string, version: number, zones: ZoneEdit[]) =>
    putJson<Zones>(`/cameras/${id(cameraId)}/zones`, { version, zones }),
  zonesHistory: (cameraId: string) =>
    getJson<{ items: ZonesVersion[] }>(`/cameras/${id(cameraId)}/zones/history`).then((body) => body.items),

  grids: () => getJson<GridCollection>('/grids'),
  taxonomy: () => getJson<Taxonomy>('/taxonomy'),
  stats: () => getJson<Stats>('/stats'),
  topics: () => getJson<{ items: Topic[] }>('/topics').then((body) => body.items),
  topicSample: (name: string, signal: AbortSignal) => getJson<TopicSample>(`/topics/${id(name)}/sample`, signal),
  precision: (days: number) => getJson<PrecisionStats>(`/stats/precision${query({ days })}`),
}

/** Address of a stored picture. */
export function evidenceUrl(sha256: string): string {
  return `/api/evidence/${id(sha256)}.jpg`
}

/** Health of the web service; null if it does not answer at all. */
export async function readHealth(): Promise<Health | null> {
  try {
    const response = await fetch('/health/ready', { cache: 'no-store' })
    return (await response.json()) as Health
  } catch {
    return null
  }
}
