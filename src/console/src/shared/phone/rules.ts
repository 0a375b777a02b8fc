import type { TaskView } from '@/shared/api/types'
import type { Act, ActKind } from './store'

/** In which states of the case each act makes sense. */
const FROM: Record<Exclude<ActKind, 'look'>, readonly string[]> = {
  accept: ['dispatched'],
  return: ['dispatched', 'accepted'],
  arrive: ['accepted'],
  protect: ['arrived'],
  extend: ['accepted', 'arrived', 'protected', 'handling'],
  handle: ['arrived', 'protected', 'handling'],
}
const TO: Record<Exclude<ActKind, 'look'>, string> = {
  accept: 'accepted',
  return: 'pending_dispatch',
  arrive: 'arrived',
  protect: 'protected',
  extend: 'waiting_extension',
  handle: 'handled',
}

/** Whether an act still makes sense for a task as it is now. */
export function stillRight(act: Pick<Act, 'kind'>, task: Pick<TaskView, 'case_state' | 'state'>): boolean {
  if (act.kind === 'look') return true
  const open = ['dispatched', 'accepted', 'arrived'].includes(task.state)
  return open && FROM[act.kind].includes(task.case_state)
}

const STATE: Partial<Record<ActKind, TaskView['state']>> = {
  accept: 'accepted',
  arrive: 'arrived',
  handle: 'handled',
  return: 'returned',
}
const STAMP = { accept: 'accepted_at', arrive: 'arrived_at', handle: 'handled_at' } as const

/** A task as it will be once what was pressed has been sent. */
export function withActs(task: TaskView, acts: readonly Act[]): TaskView {
  let shown = task
  for (const act of acts) {
    if (act.taskId !== task.task_id || act.kind === 'look' || act.refused || !stillRight(act, shown)) continue
    const stamp = STAMP[act.kind as keyof typeof STAMP] as (typeof STAMP)[keyof typeof STAMP] | undefined
    shown = {
      ...shown,
      case_state: TO[act.kind],
      state: STATE[act.kind] ?? shown.state,
      ...(stamp ? { [stamp]: act.saidAt } : {}),
    }
  }
  return shown
}

const CHINA_HOUR = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', hourCycle: 'h23', timeZone: 'Asia/Shanghai' })

/** Whether somebody may be disturbed now: from 22 to 6 only for what is critical. */
export function mayDisturb(severity: number, at: Date): boolean {
  const hour = Number(CHINA_HOUR.format(at))
  return severity === 1 || (hour >= 6 && hour < 22)
}

export interface MapLink {
  app: 'phone' | 'amap' | 'baidu'
  url: string
}

/**
 * Ways to hand a place over to a map app; each is told that the coordinates are WGS-84.
 *
 * CGCS2000, which the system holds, differs from WGS-84 by centimetres. A protected person's place
 * is only given to the phone itself, never to a map company's page.
 */
export function mapLinks(place: { lon: number; lat: number }, category: string): MapLink[] {
  const [lon, lat] = [place.lon.toFixed(6), place.lat.toFixed(6)]
  const phone: MapLink = { app: 'phone', url: `geo:${lat},${lon}?q=${lat},${lon}` }
  if (category.startsWith('kp_')) return [phone]
  return [
    phone,
    { app: 'amap', url: `https://uri.amap.com/navigation?to=${lon},${lat}&mode=ride&coordinate=wgs84&callnative=1` },
    { app: 'baidu', url: `https://api.map.baidu.com/marker?location=${lat},${lon}&coord_type=wgs84&title=%E4%BB%BB%E5%8A%A1&content=%E4%BB%BB%E5%8A%A1&output=html&src=yitong-command` },
  ]
}
