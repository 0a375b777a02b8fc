import { getJson, putJson, request } from './client'
import type { components } from './schema'

export type Claim = components['schemas']['ClaimOut']
export type ClaimEvent = components['schemas']['ClaimEvent']

const path = (caseId: string) => `/cases/${encodeURIComponent(caseId)}/claim`

export const claimsApi = {
  list: () => getJson<{ items: Claim[] }>('/claims').then((body) => body.items),
  put: (caseId: string, take: boolean) => putJson<Claim>(path(caseId), { take }),
  /** `keepalive`: the browser sends it even while the page goes away. */
  end: (caseId: string) => request(path(caseId), { method: 'DELETE', keepalive: true }),
}
