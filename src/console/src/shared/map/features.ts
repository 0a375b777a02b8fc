import type { Camera, GridCollection } from '@/shared/api/types'
import type { OpenCase } from '@/shared/stores/openCases'

type Points = GeoJSON.FeatureCollection<GeoJSON.Point>
type Shapes = GeoJSON.FeatureCollection<GeoJSON.Polygon>

const VIEW_M = 140
const VIEW_HALF_DEG = 30
const M_PER_DEG = 111_320

const SPREAD_UP_TO = 4
const SPREAD_DEG = 0.00045

function casePoint(item: OpenCase, at: [number, number], selected: boolean, count: number): GeoJSON.Feature<GeoJSON.Point> {
  return {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: at },
    properties: {
      id: item.case_id,
      icon: `case-${String(item.severity)}`,
      rank: 5 - item.severity,
      selected,
      fresh: item.state === 'reported',
      n: count,
      count: count > 1 ? `×${String(count)}` : '',
    },
  }
}

/**
 * Cases as points. A few on one spot are set around it, so that each can be clicked; many become the
 * most severe one (or the selected one) with their number.
 */
export function casePoints(cases: OpenCase[], selected: string | null): Points {
  const spots = new Map<string, OpenCase[]>()
  for (const item of cases) {
    const spot = `${item.lon.toFixed(4)},${item.lat.toFixed(4)}`
    const there = spots.get(spot)
    if (there) there.push(item)
    else spots.set(spot, [item])
  }
  const features = [...spots.values()].flatMap((there) => {
    const sorted = there.sort((a, b) => a.severity - b.severity || a.case_id.localeCompare(b.case_id))
    const shown = sorted.find((item) => item.case_id === selected) ?? sorted[0]
    if (sorted.length > SPREAD_UP_TO && shown) {
      return [casePoint(shown, [shown.lon, shown.lat], shown.case_id === selected, sorted.length)]
    }
    return sorted.map((item, nth) => {
      const away = SPREAD_DEG * Math.sqrt(nth)
      const at: [number, number] = [item.lon + Math.cos(nth * 2.4) * away, item.lat + Math.sin(nth * 2.4) * away]
      return casePoint(item, at, item.case_id === selected, 1)
    })
  })
  return { type: 'FeatureCollection', features }
}

export function cameraPoints(cameras: Camera[], name: (camera: Camera) => string): Points {
  return {
    type: 'FeatureCollection',
    features: cameras.map((camera) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [camera.place.lon, camera.place.lat] },
      properties: {
        id: camera.camera_id,
        name: name(camera),
        icon: `camera-${camera.state.state}`,
      },
    })),
  }
}

/** Where fixed cameras look, as wedges about 140 m long; a ball camera looks all around. */
export function viewWedges(cameras: Camera[]): Shapes {
  return {
    type: 'FeatureCollection',
    features: cameras.map((camera) => {
      const { lon, lat } = camera.place
      const across = M_PER_DEG * Math.cos((lat * Math.PI) / 180)
      const at = (bearing: number): [number, number] => {
        const angle = (bearing * Math.PI) / 180
        return [lon + (Math.sin(angle) * VIEW_M) / across, lat + (Math.cos(angle) * VIEW_M) / M_PER_DEG]
      }
      const [from, to] =
        camera.heading_deg === null
          ? [0, 360]
          : [camera.heading_deg - VIEW_HALF_DEG, camera.heading_deg + VIEW_HALF_DEG]
      const arc = Array.from({ length: 13 }, (_, index) => at(from + ((to - from) * index) / 12))
      const ring: [number, number][] = camera.heading_deg === null ? arc : [[lon, lat], ...arc, [lon, lat]]
      return {
        type: 'Feature',
        geometry: { type: 'Polygon', coordinates: [ring] },
        properties: { off: camera.state.state === 'off' },
      }
    }),
  }
}

/** So many open cases in one grid are much, however little there is elsewhere. */
const FULL = 6

/** What is open in one grid: how many, and the worst severity (0: nothing). */
export interface GridLoad {
  open: number
  worst: number
}

/** Counted from what the screen itself shows. */
export function gridLoads(cases: OpenCase[]): Record<string, GridLoad> {
  const loads: Record<string, GridLoad> = {}
  for (const item of cases) {
    if (!item.grid_code) continue
    const held = (loads[item.grid_code] ??= { open: 0, worst: 5 })
    held.open++
    held.worst = Math.min(held.worst, item.severity)
  }
  return loads
}

/** The grids with what is open in each, and how many people are on duty, if that is known. */
export function gridShapes(
  grids: GridCollection,
  cases: OpenCase[] | Record<string, GridLoad>,
  name: (code: string) => string,
  duty: (code: string) => string = () => '',
) {
  const loads = Array.isArray(cases) ? gridLoads(cases) : cases
  const fullest = Math.max(FULL, ...Object.values(loads).map((load) => load.open))
  return {
    ...grids,
    features: grids.features.map((feature) => {
      const { code } = feature.properties
      const { open, worst } = loads[code] ?? { open: 0, worst: 0 }
      return { ...feature, properties: { ...feature.properties, open, worst, share: open / fullest, label: name(code), duty: duty(code) } }
    }),
  }
}

/** Smallest box around all grids: west, south, east, north. */
export function gridBounds(grids: GridCollection): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return
    if (typeof value[0] !== 'number') {
      value.forEach(visit)
      return
    }
    const [x, y] = value as [number, number]
    box[0] = Math.min(box[0], x)
    box[1] = Math.min(box[1], y)
    box[2] = Math.max(box[2], x)
    box[3] = Math.max(box[3], y)
  }
  for (const feature of grids.features) visit(feature.geometry.coordinates)
  return box
}

/** A place inside a grid where its name can stand: the mean of its corners. */
export function gridLabels(shapes: ReturnType<typeof gridShapes>): Points {
  return {
    type: 'FeatureCollection',
    features: shapes.features.map((feature) => {
      const ring = (
        feature.geometry.type === 'Polygon' ? feature.geometry.coordinates[0] : feature.geometry.coordinates[0]?.[0]
      ) as [number, number][] | undefined
      const corners = ring?.slice(0, -1) ?? []
      const mean = (axis: 0 | 1) => corners.reduce((sum, corner) => sum + corner[axis], 0) / Math.max(1, corners.length)
      return {
        type: 'Feature',
        geometry: { type: 'Point', coordinates: [mean(0), mean(1)] },
        properties: { label: feature.properties.label, duty: feature.properties.duty, open: feature.properties.open },
      }
    }),
  }
}
