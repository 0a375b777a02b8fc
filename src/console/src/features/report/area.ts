export type Corner = [lon: number, lat: number]

export interface Area {
  west: number
  south: number
  east: number
  north: number
}

/** The smallest area around all outlines, with a little room. */
export function areaOf(outlines: Corner[][]): Area {
  const corners = outlines.flat()
  if (corners.length === 0) return { west: 125.2, south: 43.2, east: 125.4, north: 43.4 }
  const lons = corners.map(([lon]) => lon)
  const lats = corners.map(([, lat]) => lat)
  const [west, east] = [Math.min(...lons), Math.max(...lons)]
  const [south, north] = [Math.min(...lats), Math.max(...lats)]
  const room = Math.max(east - west, north - south) * 0.03
  return { west: west - room, south: south - room, east: east + room, north: north + room }
}

/** The part of an area that is seen when it is enlarged around a place. */
export function enlarged(area: Area, [lon, lat]: Corner, factor: number): Area {
  const [width, height] = [(area.east - area.west) / factor, (area.north - area.south) / factor]
  const west = Math.min(Math.max(lon - width / 2, area.west), area.east - width)
  const south = Math.min(Math.max(lat - height / 2, area.south), area.north - height)
  return { west, south, east: west + width, north: south + height }
}

/** Degrees of longitude are shorter than those of latitude: how wide one is beside the other. */
export function squeeze(area: Area): number {
  return Math.cos((((area.south + area.north) / 2) * Math.PI) / 180)
}

/** Where a place lies in the area, both in 0..1 from the upper left. */
export function toShare(area: Area, [lon, lat]: Corner): [x: number, y: number] {
  return [(lon - area.west) / (area.east - area.west), (area.north - lat) / (area.north - area.south)]
}

/** The place at a share of the area; the inverse of {@link toShare}. */
export function fromShare(area: Area, [x, y]: [number, number]): Corner {
  return [area.west + x * (area.east - area.west), area.north - y * (area.north - area.south)]
}
