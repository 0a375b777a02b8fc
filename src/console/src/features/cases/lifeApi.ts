import { getJson, postJson, query } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'
import type { CaseDetail } from '@/shared/api/types'

type Schemas = components['schemas']
export type Propose = Schemas['Propose']
export type Call = Schemas['Call']
export type HolderAt = Schemas['HolderAt']

const path = (caseId: string, what: string) => `/cases/${encodeURIComponent(caseId)}/${what}`

/** Acts on a case that are no step of its life line. */
export const lifeApi = {
  holder: (caseId: string, at: string) => getJson<HolderAt>(path(caseId, `holder${query({ at })}`)),
  propose: (caseId: string, body: Partial<Propose> & Pick<Propose, 'kind' | 'note'>) =>
    postJson<CaseDetail>(path(caseId, 'proposals'), body),
  answer: (caseId: string, granted: boolean, version: number) =>
    postJson<CaseDetail>(path(caseId, 'proposals/answer'), { granted, version }),
  urge: (caseId: string, note: string) => postJson<CaseDetail>(path(caseId, 'urge'), { note }),
  call: (caseId: string, body: Call) => postJson<CaseDetail>(path(caseId, 'call'), body),
  hold: (caseId: string, held: boolean, reason: string) =>
    postJson<CaseDetail>(path(caseId, 'hold'), { held, reason }),
  proof: (caseId: string) => postJson<CaseDetail>(path(caseId, 'proof'), {}),
}
