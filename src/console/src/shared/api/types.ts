/** Names for the wire types; their fields come from the service's own OpenAPI document. */
import type { components } from './schema'

type Schemas = components['schemas']
/** `T` with the wire's wide types of some fields made narrow. */
type Narrow<T, Fields> = Omit<T, keyof Fields> & Fields

export type Severity = 1 | 2 | 3 | 4
export type CaseState = Schemas['CaseSummary']['state']
export type CameraStateName = Schemas['CameraStateOut']['state']
export type Role = Schemas['UserOut']['role']
export type Need = Schemas['CaseAction']['needs'][number]

export type User = Schemas['UserOut']
export type Me = Schemas['Me']
export type Right = Schemas['Right']
export type Place = Schemas['PlaceOut']
export type Box = Schemas['BoxOut']

interface Level {
  severity: Severity
}

export type Alert = Narrow<Schemas['Alert'], Level & { case_state: CaseState }>
export type CaseMessage = Narrow<
  Schemas['CaseMessage'],
  Level & { state: CaseState; previous_state: CaseState | null }
>
export type TaskMessage = Schemas['TaskMessage']
export type CameraStateMessage = Schemas['CameraStateMessage']

export type TaskView = Narrow<Schemas['TaskView'], Level>
export type LookView = Narrow<Schemas['LookView'], Level>
export type CaseSummary = Narrow<Schemas['CaseSummary'], Level>
export type CaseDetail = Narrow<Schemas['CaseDetail'], Level & { tasks: TaskView[] }>
export type CaseAction = Schemas['CaseAction']
export type TransitionView = Schemas['CaseTransition']
export type TransitionBody = Partial<Schemas['Transition']> & Pick<Schemas['Transition'], 'to' | 'version'>

export type Zone = Narrow<Schemas['ZoneOut'], { polygon: [number, number][] }>
export type ZoneEdit = Narrow<Schemas['ZoneEdit'], { polygon: [number, number][] }>
export type ZoneKind = Schemas['KindOut']
export type ZoneSetting = Schemas['SettingOut']
export type ZonePermit = Schemas['PermitOut']
export type Zones = Narrow<Schemas['Zones'], { zones: ZoneEdit[] }>
export type ZonesVersion = Narrow<Schemas['ZonesVersion'], { zones: ZoneEdit[] }>
export type CameraState = Schemas['CameraStateOut']
export type Camera = Narrow<Schemas['CameraOut'], { zones: Zone[] }>
export type LookBox = Schemas['LookBox']
export type Look = Schemas['Look']

export type GridProperties = Schemas['GridProperties']
export type GridCollection = GeoJSON.FeatureCollection<GeoJSON.Polygon, GridProperties>
export type Taxonomy = Schemas['TaxonomyOut']
export type Stats = Schemas['Stats']
export type PrecisionStats = Schemas['PrecisionStats']
export type Topic = Schemas['TopicOut']
export type TopicSample = Schemas['SampleOut']
export type Precision = Schemas['DetectorPrecision'] | Schemas['HourPrecision']

export interface Health {
  status: 'ok' | 'failing'
  checks: Record<string, { ok: boolean; detail: string }>
}
