import type { Alert, CaseMessage, TransitionView, CaseState, TaskView } from '@/shared/api/types'

let changes = 0

/** An alert as the service sends it; every call is a change of its own. */
export function alert(patch: Partial<Alert> = {}): Alert {
  changes++
  return {
    schema_version: 1,
    change_id: `change-${String(changes)}`,
    alert_id: 'YT20261123-000001',
    case_id: 'YT20261123-000001',
    change: 'opened',
    severity: 4,
    category: 'cp_parking.no_parking_zone',
    kind: 'illegal_parking',
    source: 'camera_ai',
    title_zh: '禁停区违停 · 东街',
    title_en: 'Parking · East Street',
    reason_zh: '',
    reason_en: '',
    place: { lon: 125.3, lat: 43.34, crs: 'CGCS2000' },
    place_zh: '东街',
    place_en: 'East Street',
    grid_code: '22032300100101',
    camera_id: 'cam-001',
    view_id: 'main',
    zone_id: 'no-parking',
    box: null,
    evidence: null,
    began_at: '2026-11-23T01:00:00Z',
    opened_at: '2026-11-23T01:00:30Z',
    changed_at: '2026-11-23T01:00:30Z',
    case_state: 'reported',
    case_version: 1,
    repeats: 0,
    second_look: false,
    ...patch,
  }
}

export function caseChange(state: CaseState, version: number, caseId = 'YT20261123-000001') {
  const change: Pick<CaseMessage, 'case_id' | 'version' | 'state'> = { case_id: caseId, version, state }
  return change
}

export function transition(seq: number, to: CaseState, at: string, patch: Partial<TransitionView> = {}): TransitionView {
  return {
    seq,
    from_state: null,
    to_state: to,
    actor: 'desk',
    actor_name_zh: '值班员',
    actor_name_en: 'Desk',
    role: 'operator',
    at: `2026-11-23T${at}:00Z`,
    note: '',
    reason_code: null,
    evidence: null,
    ...patch,
  }
}

export function task(assignee: string, at: string, patch: Partial<TaskView> = {}): TaskView {
  return {
    task_id: `T-${assignee}-${at}`,
    case_id: 'YT20261123-000001',
    state: 'dispatched',
    assignee,
    assignee_name_zh: assignee,
    assignee_name_en: assignee,
    post: 'A',
    title_zh: '',
    title_en: '',
    place_zh: '',
    place_en: '',
    place: { lon: 125.3, lat: 43.34, crs: 'CGCS2000' },
    severity: 4,
    category: 'cp_parking',
    due_at: null,
    created_at: `2026-11-23T${at}:00Z`,
    accepted_at: null,
    arrived_at: null,
    handled_at: null,
    case_state: 'dispatched',
    return_until: null,
    extensions: 0,
    case_version: 3,
    evidence: null,
    grid_code: null,
    ...patch,
  }
}
