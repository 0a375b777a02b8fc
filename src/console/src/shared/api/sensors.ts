import { getJson } from './client'
import type { components } from './schema'

type Schemas = components['schemas']

export type SensorView = Schemas['SensorOut']
export type SensorState = Schemas['SensorState']
export type Sensors = Schemas['Sensors']

export const sensorApi = {
  list: () => getJson<Sensors>('/sensors'),
}
