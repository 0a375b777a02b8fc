import { getJson, postJson, query } from './client'
import type { components } from './schema'

type Schemas = components['schemas']

export type CaseClock = Schemas['ClockOut']
export type ClockStep = Schemas['StepOut']
export type DutyNow = Schemas['DutyNow']
export type OnDuty = Schemas['OnDutyOut']
export type RosterEntry = Schemas['EntryOut']
export type Mode = Schemas['ModeOut']
export type Banner = Schemas['BannerOut']
export type Debrief = Schemas['DebriefOut']
export type Proposal = Schemas['ProposalIn']
export interface Away {
  from_at: string
  until_at: string
  note: string
}

const id = encodeURIComponent

export const clockApi = {
  caseClock: (caseId: string) => getJson<CaseClock>(`/cases/${id(caseId)}/clock`),

  dutyNow: (at?: string) => getJson<DutyNow>(`/rosters/now${query({ at })}`),
  roster: (kind?: string) => getJson<{ items: RosterEntry[] }>(`/rosters${query({ kind })}`).then((body) => body.items),
  askLeave: (body: Away & { username: string | null }) => postJson<RosterEntry>('/rosters/leave', body),
  askSwap: (body: Away & { with_user: string }) => postJson<RosterEntry>('/rosters/swaps', body),
  answer: (entryId: string, agree: boolean) => postJson<RosterEntry>(`/rosters/${id(entryId)}/answer`, { agree }),
  takeBack: (entryId: string) => postJson<RosterEntry>(`/rosters/${id(entryId)}/withdraw`, {}),

  modes: () => getJson<{ items: Mode[] }>('/modes').then((body) => body.items),
  modesNow: () => getJson<{ items: Banner[] }>('/modes/now').then((body) => body.items),
  propose: (body: Proposal) => postJson<Mode>('/modes', body),
  confirm: (modeId: string) => postJson<Mode>(`/modes/${id(modeId)}/confirm`, {}),
  withdraw: (modeId: string) => postJson<Mode>(`/modes/${id(modeId)}/withdraw`, {}),
  end: (modeId: string) => postJson<Mode>(`/modes/${id(modeId)}/end`, {}),
  checkIn: (modeId: string) => postJson<{ items: Banner[] }>(`/modes/${id(modeId)}/check-in`, {}).then((body) => body.items),
  debrief: (modeId: string) => getJson<Debrief>(`/modes/${id(modeId)}/debrief`),
}

/** Address of the report as a page of its own. */
export const debriefPage = (modeId: string) => `/api/modes/${id(modeId)}/debrief.html`
