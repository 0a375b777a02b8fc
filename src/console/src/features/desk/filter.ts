import type { Alert, Severity } from '@/shared/api/types'

/** What the queue shows; empty fields do not filter. */
export interface QueueFilter {
  text: string
  severities: Severity[]
  sources: string[]
}

export interface SavedView {
  name: string
  filter: QueueFilter
}

export const SOURCE_GROUPS = {
  camera: ['camera_ai', 'video_patrol'],
  sensor: ['sensor', 'care_device', 'weather'],
  hotline: ['hotline_12345', 'police_110'],
  citizen: ['resident_wechat', 'box_board', 'property', 'visit'],
  worker: ['worker'],
  platform: ['partner', 'case_system', 'other'],
} as const
export type SourceGroup = keyof typeof SOURCE_GROUPS
export const GROUP_NAMES = Object.keys(SOURCE_GROUPS) as SourceGroup[]

/** Which of the six kinds of source an alert came from; an unknown one is a platform's. */
export function sourceGroup(source: string): SourceGroup {
  return GROUP_NAMES.find((name) => (SOURCE_GROUPS[name] as readonly string[]).includes(source)) ?? 'platform'
}

export const emptyFilter = (): QueueFilter => ({ text: '', severities: [], sources: [] })

export function isEmpty(filter: QueueFilter): boolean {
  return !filter.text.trim() && filter.severities.length === 0 && filter.sources.length === 0
}

type Seen = Pick<Alert, 'case_id' | 'severity' | 'source' | 'title_zh' | 'title_en' | 'place_zh' | 'place_en'>

/** What the filter lets through. Severity 1 is always let through: no filter may hide a life. */
export function shower(filter: QueueFilter): (alert: Seen) => boolean {
  const words = filter.text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const { severities, sources } = filter
  return (alert) => {
    if (alert.severity === 1) return true
    if (severities.length > 0 && !severities.includes(alert.severity)) return false
    if (sources.length > 0 && !sources.includes(sourceGroup(alert.source))) return false
    if (words.length === 0) return true
    const { case_id, title_zh, title_en, place_zh, place_en } = alert
    const told = [case_id, title_zh, title_en, place_zh, place_en].join(' ').toLowerCase()
    return words.every((word) => told.includes(word))
  }
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [])

/** Views as they were kept; what can't be read is left out. */
export function readViews(kept: string | null): SavedView[] {
  try {
    const found: unknown = JSON.parse(kept ?? '[]')
    if (!Array.isArray(found)) return []
    return found.flatMap((item: Partial<SavedView> | null) => {
      if (typeof item?.name !== 'string' || !item.filter) return []
      const { text, severities, sources } = item.filter as Partial<QueueFilter>
      const levels = ([1, 2, 3, 4] as const).filter((level) => Array.isArray(severities) && severities.includes(level))
      return [{ name: item.name, filter: { text: typeof text === 'string' ? text : '', severities: levels, sources: strings(sources) } }]
    })
  } catch {
    return []
  }
}
