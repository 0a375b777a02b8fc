import { getJson, postJson, query } from './client'
import type { components } from './schema'

type Schemas = components['schemas']

export type Fault = Schemas['FaultOut']
export type FaultMessage = Schemas['CameraFaultMessage']
export type Availability = Schemas['Availability']
export type CameraWatched = Schemas['CameraWatched']
export type TownshipDay = Schemas['TownshipDay']
export type Blind = Schemas['Blind']
export type Head = Schemas['HeadOut']
export type Proof = Schemas['ProofOut']
export type HeadOrder = Partial<Schemas['HeadOrder']> & Pick<Schemas['HeadOrder'], 'action'>

const id = encodeURIComponent

export const healthApi = {
  faults: (open: boolean, limit = 200) =>
    getJson<{ items: Fault[] }>(`/cameras/faults${query({ open, limit })}`).then((body) => body.items),
  availability: (days: number) => getJson<Availability>(`/cameras/availability${query({ days })}`),
  blind: (cameraId: string) => getJson<Blind>(`/cameras/${id(cameraId)}/blind`),
  head: (cameraId: string) => getJson<Head>(`/cameras/${id(cameraId)}/head`),
  steer: (cameraId: string, order: HeadOrder) => postJson<Head>(`/cameras/${id(cameraId)}/head`, order),
  proof: (cameraId: string, viewId: string) => postJson<Proof>(`/cameras/${id(cameraId)}/proof`, { view_id: viewId }),
  relearn: (cameraId: string, viewId: string) =>
    postJson<{ view_id: string }>(`/cameras/${id(cameraId)}/reference`, { view_id: viewId }),
}
