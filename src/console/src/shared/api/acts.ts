import { postJson, request } from './client'
import type { components } from './schema'
import type { CaseDetail, TransitionBody } from './types'

const path = (caseId: string, what: string) => `/cases/${encodeURIComponent(caseId)}/${what}`

/** Acts on a case that are no step of its life line, and a step that outlives its page. */
export const actsApi = {
  urge: (caseId: string, note: string) =>
    postJson<CaseDetail>(path(caseId, 'urge'), { note } satisfies components['schemas']['Urge']),
  /** Sent to the end even if the page goes away meanwhile. */
  lastingTransition: async (caseId: string, body: TransitionBody): Promise<CaseDetail> => {
    const init = { method: 'POST', body: JSON.stringify(body), keepalive: true }
    return (await (await request(path(caseId, 'transitions'), init)).json()) as CaseDetail
  },
}
