import { getJson, postJson, query } from './client'
import type { components } from './schema'

type Schemas = components['schemas']

export type Ledger = Schemas['Ledger']
export type LedgerCounts = Schemas['LedgerCounts']
export type LedgerAlarm = Schemas['LedgerAlarm']
export type ReplayOrder = Schemas['ReplayOrder']
export type ReplayResult = Schemas['ReplayResult']
export type ReplayRow = Schemas['ReplayRow']
export type ConfigFile = Schemas['ConfigFile']

export const promiseApi = {
  ledger: (hours: number) => getJson<Ledger>(`/ledger${query({ hours })}`),
  files: () => getJson<{ items: ConfigFile[] }>('/replay/files').then((body) => body.items),
  replay: (order: ReplayOrder) => postJson<ReplayResult>('/replay', order),
}
