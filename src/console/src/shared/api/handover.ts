import { getJson, postJson } from './client'
import type { components } from './schema'

type Schemas = components['schemas']

export type Sheet = Schemas['Sheet']
export type SheetNow = Schemas['SheetOut']
export type SheetCases = Schemas['SheetCases']
export type Handover = Schemas['HandoverOut']

const id = encodeURIComponent

export const handoverApi = {
  sheet: () => getJson<SheetNow>('/handovers/sheet'),
  list: () => getJson<{ items: Handover[] }>('/handovers').then((body) => body.items),
  offer: (incoming: string, note: string) => postJson<Handover>('/handovers', { incoming, note }),
  accept: (handoverId: string, sha: string, note: string) =>
    postJson<Handover>(`/handovers/${id(handoverId)}/accept`, { sheet_sha256: sha, note }),
  withdraw: (handoverId: string) => postJson<Handover>(`/handovers/${id(handoverId)}/withdraw`, {}),
}
