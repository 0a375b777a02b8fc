/** What may be wrong with a polygon, and the moves of drawing one. Corners are in [0, 1] of the picture. */
export type Corner = [number, number]
export type PolygonFault = 'few' | 'many' | 'outside' | 'double' | 'crossing' | 'small'

export const MAX_CORNERS = 60
const MIN_AREA = 1e-4
const SAME = 1e-4

export const clamp = (value: number) => Math.min(1, Math.max(0, value))
/** Five decimals are finer than a pixel and keep the stored numbers readable. */
const tidy = (value: number) => Math.round(clamp(value) * 1e5) / 1e5
export const corner = (x: number, y: number): Corner => [tidy(x), tidy(y)]

export function area(polygon: Corner[]): number {
  let sum = 0
  polygon.forEach(([x, y], index) => {
    const [nextX, nextY] = polygon[(index + 1) % polygon.length] ?? [x, y]
    sum += x * nextY - nextX * y
  })
  return Math.abs(sum) / 2
}

const same = (a: Corner, b: Corner) => Math.abs(a[0] - b[0]) < SAME && Math.abs(a[1] - b[1]) < SAME

function turn(a: Corner, b: Corner, c: Corner): number {
  const cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
  return Math.abs(cross) < 1e-12 ? 0 : Math.sign(cross)
}

function between(a: Corner, b: Corner, c: Corner): boolean {
  const inside = (axis: 0 | 1) => Math.min(a[axis], b[axis]) <= c[axis] && c[axis] <= Math.max(a[axis], b[axis])
  return inside(0) && inside(1)
}

function meet(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const [one, two, three, four] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)]
  if (one * two < 0 && three * four < 0) return true
  const onIt = (side: number, from: Corner, to: Corner, point: Corner) => side === 0 && between(from, to, point)
  return onIt(one, a, b, c) || onIt(two, a, b, d) || onIt(three, c, d, a) || onIt(four, c, d, b)
}

function foldsBack(a: Corner, b: Corner, c: Corner): boolean {
  const ahead = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
  return turn(a, b, c) === 0 && ahead < 0
}

function edges(polygon: Corner[]): [Corner, Corner][] {
  return polygon.map((from, index) => [from, polygon[(index + 1) % polygon.length] ?? from])
}

/** Whether two edges meet anywhere but at the corner that neighbours share. */
export function crossesItself(polygon: Corner[]): boolean {
  const all = edges(polygon)
  return all.some(([a, b], first) =>
    all.some(([c, d], second) => {
      if (second <= first) return false
      if (second === first + 1) return foldsBack(a, b, d)
      if (first === 0 && second === all.length - 1) return foldsBack(c, d, b)
      return meet(a, b, c, d)
    }),
  )
}

/** The first fault of a polygon, or null if it can be used; the service checks the same. */
export function polygonFault(polygon: Corner[]): PolygonFault | null {
  if (polygon.length < 3) return 'few'
  if (polygon.length > MAX_CORNERS) return 'many'
  if (polygon.some(([x, y]) => x < 0 || x > 1 || y < 0 || y > 1)) return 'outside'
  if (edges(polygon).some(([a, b]) => same(a, b))) return 'double'
  if (crossesItself(polygon)) return 'crossing'
  return area(polygon) < MIN_AREA ? 'small' : null
}

export function moved(polygon: Corner[], index: number, to: Corner): Corner[] {
  return polygon.map((held, at) => (at === index ? corner(to[0], to[1]) : held))
}

/** The polygon with a new corner behind `index`, by default in the middle of that edge. */
export function inserted(polygon: Corner[], index: number, at?: Corner): Corner[] {
  const from = polygon[index] ?? [0.5, 0.5]
  const to = polygon[(index + 1) % polygon.length] ?? from
  const [x, y] = at ?? [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]
  return [...polygon.slice(0, index + 1), corner(x, y), ...polygon.slice(index + 1)]
}

/** The polygon without a corner; a triangle keeps all of its own. */
export function removed(polygon: Corner[], index: number): Corner[] {
  return polygon.length <= 3 ? polygon : polygon.filter((_, at) => at !== index)
}

/** The whole polygon moved, as far as the picture reaches. */
export function shifted(polygon: Corner[], dx: number, dy: number): Corner[] {
  const xs = polygon.map(([x]) => x)
  const ys = polygon.map(([, y]) => y)
  const byX = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx))
  const byY = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy))
  return polygon.map(([x, y]) => corner(x + byX, y + byY))
}

export const middles = (polygon: Corner[]): Corner[] =>
  edges(polygon).map(([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2])

export const points = (polygon: Corner[]) => polygon.map(([x, y]) => `${String(x)},${String(y)}`).join(' ')
