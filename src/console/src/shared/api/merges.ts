import { getJson, postJson, query } from './client'
import type { components } from './schema'
import type { Severity } from './types'

type Schemas = components['schemas']

export type Side = Omit<Schemas['Side'], 'severity'> & { severity: Severity }
export type Question = Omit<Schemas['Question'], 'one' | 'other'> & { one: Side; other: Side }
export type Answered = Schemas['Answered']

export const mergesApi = {
  questions: (limit = 50) =>
    getJson<{ items: Question[] }>(`/merges/questions${query({ limit })}`).then((body) => body.items),
  answer: (questionId: string, same: boolean) =>
    postJson<Answered>(`/merges/questions/${encodeURIComponent(questionId)}`, { same }),
}

export type EventGroup = Schemas['EventGroup']

export const groupsApi = {
  list: () => getJson<{ items: EventGroup[] }>('/groups').then((body) => body.items),
}
