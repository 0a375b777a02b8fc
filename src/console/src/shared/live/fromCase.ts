import type { Alert, CaseSummary } from '@/shared/api/types'

/**
 * An alert made from its case, for cases beyond the end of the alert list; enough to be seen, sorted
 * and decided. What only the alert knows (zone, box, reason) is read with the case when it is selected.
 */
export function alertOfCase(item: CaseSummary): Alert {
  return {
    schema_version: 1,
    change_id: `case:${item.case_id}:${String(item.version)}`,
    alert_id: item.case_id,
    case_id: item.case_id,
    change: item.condition === 'cleared' ? 'cleared' : 'opened',
    severity: item.severity,
    category: `${item.category}.${item.subtype}`,
    kind: '',
    source: item.source,
    title_zh: item.title_zh,
    title_en: item.title_en,
    reason_zh: '',
    reason_en: '',
    place: item.place,
    place_zh: item.place_zh,
    place_en: item.place_en,
    grid_code: item.grid_code,
    camera_id: item.camera_id,
    view_id: null,
    zone_id: null,
    box: null,
    evidence: item.evidence,
    began_at: item.reported_at,
    opened_at: item.reported_at,
    // As old as can be: whatever an alert message says of the same version is better.
    changed_at: item.reported_at,
    case_state: item.state,
    case_version: item.version,
    repeats: Math.max(0, item.incident_count - 1),
    // Not known here: rather too loud than too quiet.
    second_look: false,
  }
}
