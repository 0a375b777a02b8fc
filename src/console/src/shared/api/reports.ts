import { getJson, query, request } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Receipt = Schemas['ReceiptOut']
export type ReportForm = Omit<Schemas['ReportForm'], 'outlines'> & { outlines: [number, number][][] }

async function post(path: string, form: FormData): Promise<Receipt> {
  const response = await request(path, { method: 'POST', body: form })
  return (await response.json()) as Receipt
}

export const reportsApi = {
  form: (spot: string) => getJson<ReportForm>(`/public/reports/form${query({ spot })}`),
  citizen: (form: FormData) => post('/public/reports', form),
  worker: (form: FormData) => post('/reports', form),
  state: (receipt: string) => getJson<Receipt>(`/public/reports/${encodeURIComponent(receipt)}`),
}
