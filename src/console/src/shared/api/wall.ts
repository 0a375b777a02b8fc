import { getJson } from './client'
import type { components } from './schema'

type Schemas = components['schemas']

export type Wall = Schemas['WallOut']
export type WallItem = Schemas['WallItem']
export type WallTownship = Schemas['WallTownship']

export const wallApi = {
  wall: (signal: AbortSignal) => getJson<Wall>('/wall', signal),
}
