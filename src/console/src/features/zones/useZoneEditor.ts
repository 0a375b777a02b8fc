import { computed, ref } from 'vue'
import { Problem } from '@/shared/api/client'
import { api } from '@/shared/api/endpoints'
import type { ZoneEdit, Zones, ZonesVersion } from '@/shared/api/types'
import { type Fault, freeId, keyOf, newZone, zoneFault } from './draft'
import { type Corner, inserted, removed } from './polygon'
import { useUndo } from './undo'

/** The zones of one camera while a person changes them. */
export function useZoneEditor(cameraId: string) {
  const held = ref<Zones | null>(null)
  const history = ref<ZonesVersion[]>([])
  const problem = ref<unknown>(null)
  const conflict = ref<Problem | null>(null)
  const refused = ref<(Fault & { zone: string }) | null>(null)
  const saving = ref(false)
  const steps = useUndo<ZoneEdit[]>([])
  const saved = ref('[]')
  const view = ref('main')
  const selected = ref<string | null>(null)
  const corner = ref<number | null>(null)
  const drawing = ref<Corner[] | null>(null)

  const zones = steps.now
  const dirty = computed(() => JSON.stringify(zones.value) !== saved.value)
  const zone = computed(() => zones.value.find((item) => keyOf(item) === selected.value) ?? null)
  const shown = computed(() => zones.value.filter((item) => item.view_id === view.value))
  const faults = computed(() => {
    const rules = held.value
    const found = new Map<string, Fault>()
    if (!rules) return found
    for (const item of zones.value) {
      const fault = zoneFault(item, rules)
      if (fault) found.set(keyOf(item), fault)
    }
    return found
  })

  function take(next: Zones): void {
    held.value = next
    saved.value = JSON.stringify(next.zones)
    conflict.value = null
    refused.value = null
    if (!next.views.some((item) => item.view_id === view.value)) view.value = next.views[0]?.view_id ?? 'main'
  }

  async function readHistory(): Promise<void> {
    history.value = await api.zonesHistory(cameraId).catch(() => history.value)
  }

  async function load(): Promise<void> {
    problem.value = null
    try {
      const next = await api.zones(cameraId)
      take(next)
      steps.reset(next.zones)
      select(next.zones[0] ?? null)
      await readHistory()
    } catch (error) {
      problem.value = error
    }
  }

  /** The newest version in place of what was drawn here; undo brings that back. */
  async function loadNewest(): Promise<void> {
    const next = await api.zones(cameraId)
    take(next)
    steps.change(next.zones)
    await readHistory()
  }

  function select(item: ZoneEdit | null): void {
    selected.value = item ? keyOf(item) : null
    corner.value = null
    if (item) view.value = item.view_id
  }

  /** Puts another zone in the place of the one with this key. */
  function withZone(key: string, next: ZoneEdit): ZoneEdit[] {
    return zones.value.map((item) => (keyOf(item) === key ? next : item))
  }

  function change(next: ZoneEdit): void {
    refused.value = null
    steps.change(withZone(keyOf(next), next))
  }

  function add(polygon: Corner[]): void {
    const kind = held.value?.kinds[0]
    drawing.value = null
    if (!kind || polygon.length < 3) return
    const next = newZone(zones.value, view.value, kind, polygon)
    steps.change([...zones.value, next])
    select(next)
  }

  function remove(key: string): void {
    steps.change(zones.value.filter((item) => keyOf(item) !== key))
    select(shown.value[0] ?? null)
  }

  function duplicate(item: ZoneEdit): void {
    const next = { ...item, zone_id: freeId(zones.value) }
    steps.change([...zones.value, next])
    select(next)
  }

  function removeCorner(): void {
    if (!zone.value || corner.value === null) return
    change({ ...zone.value, polygon: removed(zone.value.polygon, corner.value) })
    corner.value = Math.min(corner.value, zone.value.polygon.length - 1)
  }

  function addCorner(): void {
    if (!zone.value || corner.value === null) return
    change({ ...zone.value, polygon: inserted(zone.value.polygon, corner.value) })
    corner.value += 1
  }

  /** Stores all zones; true if they are a version now. */
  async function save(): Promise<boolean> {
    if (!held.value || saving.value) return false
    saving.value = true
    refused.value = null
    try {
      const next = await api.saveZones(cameraId, held.value.version, zones.value)
      take(next)
      steps.show(next.zones)
      await readHistory()
      return true
    } catch (error) {
      told(error)
      return false
    } finally {
      saving.value = false
    }
  }

  function told(error: unknown): void {
    if (error instanceof Problem && error.status === 409) {
      conflict.value = error
      return
    }
    const found = error instanceof Problem ? /^zones\.(\d+)\.(.+)$/.exec(error.field ?? '') : null
    const wrong = found ? zones.value[Number(found[1])] : undefined
    if (!(error instanceof Problem) || !found || !wrong) throw error
    select(wrong)
    refused.value = { zone: keyOf(wrong), field: found[2] ?? '', zh: error.detail_zh, en: error.detail_en }
  }

  return {
    held, history, problem, conflict, refused, saving, steps, zones, dirty, zone, shown, faults,
    view, selected, corner, drawing,
    load, loadNewest, select, withZone, change, add, remove, duplicate, removeCorner, addCorner, save,
  }
}

export type ZoneEditor = ReturnType<typeof useZoneEditor>
