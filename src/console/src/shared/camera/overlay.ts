import type { Camera, Look, Zone } from '@/shared/api/types'
import type { OverlayBox, OverlayZone } from '@/shared/ui/PictureOverlay.vue'

/** Zones of one view of a camera; `hotZone` is drawn as the one the alert is about. */
export function overlayZones(
  camera: Camera,
  viewId: string | null,
  name: (zone: Zone) => string,
  hotZone?: string | null,
): OverlayZone[] {
  return camera.zones
    .filter((zone) => !viewId || zone.view_id === viewId)
    .map((zone) => ({ id: zone.zone_id, name: name(zone), polygon: zone.polygon, hot: zone.zone_id === hotZone }))
}

const COVER = 'manhole_'

/** What the detector saw in one look. */
export function overlayBoxes(look: Look, t: (key: string) => string): OverlayBox[] {
  return look.boxes.map((item, index) => {
    const key = item.label.startsWith(COVER) ? item.label.slice(COVER.length) : item.label
    return {
      id: `${item.track_id ?? ''}#${String(index)}`,
      label: `${t(`object.${key}`)} ${String(Math.round(item.score * 100))}%`,
      ...item.box,
      main: item.label.startsWith(COVER) && !item.label.endsWith('_ok'),
    }
  })
}
