import type { Fault } from '@/shared/api/cameraHealth'
import type { Camera } from '@/shared/api/types'

type Translate = (key: string, values?: Record<string, unknown>) => string
type Named = (camera: Camera | undefined) => string

/** What failed, in one line: "交换机 甲：40 路" or the camera's own name. */
export function faultTitle(fault: Pick<Fault, 'kind' | 'name' | 'cameras'>, t: Translate, cameraName: Named, byId: ReadonlyMap<string, Camera>): string {
  if (fault.kind === 'camera') return cameraName(byId.get(fault.name)) || fault.name
  return t(`health.scope.${fault.kind}`, { name: fault.name, n: fault.cameras.length })
}

/** A share as people read it, never rounded up to 100 %. */
export function percent(share: number | null): string {
  if (share === null) return '—'
  const text = (Math.floor(share * 10_000) / 100).toFixed(2)
  return `${text}%`
}
