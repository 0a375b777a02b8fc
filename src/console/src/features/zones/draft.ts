import type { ZoneEdit, ZoneKind, Zones } from '@/shared/api/types'
import faults from './faults.json'
import { polygonFault } from './polygon'

export type FaultWord = keyof typeof faults
export interface Fault {
  /** Part of the zone, as the service names it: `polygon`, `name_zh`, `settings.dwell_s`. */
  field: string
  zh: string
  en: string
}

export const keyOf = (zone: Pick<ZoneEdit, 'view_id' | 'zone_id'>) => `${zone.view_id}/${zone.zone_id}`

const said = (field: string, word: FaultWord): Fault => {
  const [zh = '', en = ''] = faults[word]
  return { field, zh, en }
}

/** A number of a rule that is outside its range, in the words of the service. */
export function settingFault(kind: ZoneKind | undefined, zone: ZoneEdit): Fault | null {
  for (const [name, value] of Object.entries(zone.settings)) {
    const setting = kind?.settings.find((item) => item.name === name)
    if (setting && Number.isFinite(value) && value >= setting.low && value <= setting.high) continue
    const range = setting ? `${String(Number(setting.low.toPrecision(2)))} – ${String(setting.high)}` : '?'
    return { field: `settings.${name}`, zh: `设置超出允许范围 (${range})`, en: `out of range (${range})` }
  }
  return null
}

/** The first thing that is wrong with a zone, or null; the service decides, this only says it sooner. */
export function zoneFault(zone: ZoneEdit, rules: Pick<Zones, 'kinds' | 'categories'>): Fault | null {
  const bad = polygonFault(zone.polygon)
  if (bad) return said('polygon', bad)
  if (!zone.name_zh.trim()) return said('name_zh', 'name')
  const kind = rules.kinds.find((item) => item.kind === zone.kind)
  if (!kind) return said('kind', 'kind')
  if (!rules.categories.some((item) => item.code === zone.category)) return said('category', 'category')
  return settingFault(kind, zone)
}

/** An id that no zone of the camera has. */
export function freeId(zones: ZoneEdit[]): string {
  const taken = new Set(zones.map((zone) => zone.zone_id))
  let number = zones.length + 1
  while (taken.has(`zone-${String(number)}`)) number++
  return `zone-${String(number)}`
}

export function newZone(zones: ZoneEdit[], viewId: string, kind: ZoneKind, polygon: [number, number][]): ZoneEdit {
  return {
    zone_id: freeId(zones),
    view_id: viewId,
    kind: kind.kind,
    category: kind.category,
    name_zh: '',
    name_en: '',
    polygon,
    settings: {},
    vehicles: null,
    hours: null,
    days: null,
    keep_hours: false,
    permits: [],
  }
}

/** The zone watched for another kind: what that kind has no use for is taken away. */
export function ofKind(zone: ZoneEdit, kind: ZoneKind): ZoneEdit {
  const known = new Set(kind.settings.map((item) => item.name))
  const settings = Object.fromEntries(Object.entries(zone.settings).filter(([name]) => known.has(name)))
  const next = { ...zone, kind: kind.kind, category: kind.category, settings }
  return kind.has_terms ? next : { ...next, vehicles: null, hours: null, days: null, keep_hours: false, permits: [] }
}
