import { getJson, query } from './client'
import type { components } from './schema'

type Schemas = components['schemas']

export type Figure = Schemas['KpiFigure']
export type Kpis = Schemas['KpisOut']
export type Workload = Schemas['WorkloadOut']

export const kpisApi = {
  weeks: (weeks: number) => getJson<{ items: Kpis[] }>(`/kpis/weeks${query({ weeks })}`).then((body) => body.items),
  workload: (days: number) => getJson<Workload>(`/kpis/workload${query({ days })}`),
}
