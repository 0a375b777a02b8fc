/** Wire types of the web service. Field names are the service's own. */
export type Severity = 1 | 2 | 3 | 4
export type Role = 'operator' | 'worker' | 'admin'

export type CaseState =
  | 'reported'
  | 'filed'
  | 'not_filed'
  | 'merged'
  | 'pending_dispatch'
  | 'dispatched'
  | 'accepted'
  | 'arrived'
  | 'handled'
  | 'checked'
  | 'closed'

export type CameraStateName = 'connecting' | 'live' | 'late' | 'frozen' | 'covered' | 'not_judged' | 'off'

export interface Place {
  lon: number
  lat: number
  crs: string
}

export interface Box {
  x0: number
  y0: number
  x1: number
  y1: number
}

export interface User {
  username: string
  name_zh: string
  name_en: string
  role: Role
  grid_codes: string[]
  post: string | null
}

export interface Alert {
  change_id: string
  alert_id: string
  case_id: string
  change: 'opened' | 'repeated' | 'cleared' | 'confirmed' | 'rejected'
  severity: Severity
  category: string
  kind: string
  source: string
  title_zh: string
  title_en: string
  reason_zh: string
  reason_en: string
  place: Place
  place_zh: string
  place_en: string
  grid_code: string | null
  camera_id: string | null
  view_id: string | null
  zone_id: string | null
  box: Box | null
  evidence: string | null
  began_at: string
  opened_at: string
  changed_at: string
  case_state: CaseState
  case_version: number
  repeats: number
}

export interface CaseMessage {
  change_id: string
  case_id: string
  version: number
  state: CaseState
  previous_state: CaseState | null
  category: string
  severity: Severity
  title_zh: string
  title_en: string
  grid_code: string | null
  place: Place
  holder: string | null
  due_at: string | null
  changed_at: string
  changed_by: string
}

export interface TaskMessage {
  change_id: string
  task_id: string
  case_id: string
  state: string
  assignee: string
  changed_at: string
}

export interface CameraStateMessage {
  camera_id: string
  state: CameraStateName
  since: string
  at: string
  reason_zh: string
  reason_en: string
  view_id: string
  looks: number
}

export interface CaseSummary {
  case_id: string
  version: number
  state: CaseState
  category: string
  subtype: string
  severity: Severity
  title_zh: string
  title_en: string
  place_zh: string
  place_en: string
  place: Place
  grid_code: string | null
  source: string
  holder: string | null
  holder_name_zh: string | null
  holder_name_en: string | null
  condition: 'open' | 'cleared'
  reported_at: string
  filed_at: string | null
  due_at: string | null
  updated_at: string
  incident_count: number
  evidence: string | null
  camera_id: string | null
}

export interface IncidentView {
  incident_id: string
  kind: string
  camera_id: string
  view_id: string
  zone_id: string
  state: string
  score: number
  began_at: string
  opened_at: string
  cleared_at: string | null
  box: Box | null
  reason_zh: string
  reason_en: string
  evidence: string[]
}

export interface TransitionView {
  seq: number
  from_state: CaseState | null
  to_state: CaseState
  actor: string
  actor_name_zh: string | null
  actor_name_en: string | null
  role: string
  at: string
  note: string | null
  reason_code: number | null
  evidence: string | null
}

export interface TaskView {
  task_id: string
  case_id: string
  state: string
  assignee: string
  assignee_name_zh: string | null
  assignee_name_en: string | null
  post: string
  title_zh: string
  title_en: string
  place_zh: string
  place_en: string
  place: Place
  severity: Severity
  category: string
  due_at: string | null
  created_at: string
  accepted_at: string | null
  arrived_at: string | null
  handled_at: string | null
  case_version: number
  evidence: string | null
  grid_code: string | null
}

export interface EvidenceView {
  sha256: string
  kind: 'before' | 'after' | 'camera'
  captured_at: string
  by: string | null
}

export type Need = 'photo' | 'note' | 'reason' | 'assignee'

export interface CaseAction {
  to: CaseState
  needs: Need[]
}

export interface CaseDetail extends Omit<CaseSummary, 'evidence'> {
  due_rule_zh: string | null
  due_rule_en: string | null
  merge_reason_zh: string | null
  merge_reason_en: string | null
  incidents: IncidentView[]
  transitions: TransitionView[]
  tasks: TaskView[]
  evidence: EvidenceView[]
  actions: CaseAction[]
}

export interface Zone {
  zone_id: string
  view_id: string
  kind: string
  category: string
  name_zh: string
  name_en: string
  polygon: [number, number][]
}

export interface Camera {
  camera_id: string
  kind: 'fixed' | 'ball'
  name_zh: string
  name_en: string
  place: Place
  heading_deg: number | null
  views: { view_id: string; name_zh: string; name_en: string }[]
  zones: Zone[]
  state: CameraStateMessage | null
}

export interface LookBox {
  label: string
  score: number
  box: [number, number, number, number] | Box
  track_id: string | null
}

export interface Look {
  camera_id: string
  view_id: string
  at: string
  judged: boolean
  reason: string
  boxes: LookBox[]
  covers: { zone_id: string; state: string | null }[]
}

export interface GridProperties {
  code: string
  name_zh: string
  name_en: string
  township_zh: string
  township_en: string
  kind: string
  open_cases?: number
}

export type GridCollection = GeoJSON.FeatureCollection<GeoJSON.Polygon | GeoJSON.MultiPolygon, GridProperties>

export interface Taxonomy {
  categories: {
    code: string
    num: string
    group: string
    name_zh: string
    name_en: string
    severity: Severity
    subtypes: { code: string; name_zh: string; name_en?: string; severity: Severity; resolve: string }[]
  }[]
  severity: Record<string, { name_zh: string; name_en: string; colour: string }>
  reject_reasons: { code: number; zh: string; en: string }[]
}

export interface Stats {
  today: {
    alerts: number
    cases: number
    by_state: Record<string, number>
    by_severity: Record<string, number>
  }
  cameras: Record<string, number>
}

export interface Health {
  status: 'ok' | 'failing'
  checks: Record<string, { ok: boolean; detail: string }>
}
