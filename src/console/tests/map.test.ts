import { describe, expect, it } from 'vitest'
import { casePoints, gridShapes, viewWedges } from '@/shared/map/features'
import type { Camera } from '@/shared/api/types'
import type { OpenCase } from '@/shared/stores/openCases'

const open = (id: string, patch: Partial<OpenCase> = {}): OpenCase => ({
  case_id: id,
  version: 1,
  state: 'reported',
  severity: 4,
  title_zh: '',
  title_en: '',
  grid_code: 'g1',
  lon: 125.3,
  lat: 43.34,
  due_at: null,
  filed_at: null,
  holder: null,
  holder_name_zh: '',
  holder_name_en: '',
  ...patch,
})

describe('cases on the map', () => {
  it('a few on one spot stand apart, each where it can be clicked', () => {
    const points = casePoints([open('a'), open('b'), open('c')], null).features
    expect(new Set(points.map((point) => point.geometry.coordinates.join())).size).toBe(3)
    expect(points.map((point) => point.properties?.id).sort()).toEqual(['a', 'b', 'c'])
  })

  it('many on one spot are one sign with their number, the most severe in front', () => {
    const many = Array.from({ length: 40 }, (_, n) => open(`c${String(n)}`, { severity: n === 17 ? 1 : 4 }))
    const [point, ...others] = casePoints(many, null).features
    expect(others).toEqual([])
    expect(point?.properties).toMatchObject({ id: 'c17', icon: 'case-1', count: '×40' })
    expect(point?.geometry.coordinates).toEqual([125.3, 43.34])
  })

  it('the selected one is never hidden in such a sign', () => {
    const many = Array.from({ length: 40 }, (_, n) => open(`c${String(n)}`))
    expect(casePoints(many, 'c30').features[0]?.properties).toMatchObject({ id: 'c30', selected: true })
  })

  it('are counted in their grid', () => {
    const grid = (code: string) => ({
      type: 'Feature' as const,
      geometry: { type: 'Polygon' as const, coordinates: [] },
      properties: { code, name_zh: code, name_en: code, township_zh: '', township_en: '', kind: 'urban' as const, open_cases: 9 },
    })
    const grids = { type: 'FeatureCollection' as const, features: [grid('g1'), grid('g2')] }
    const shapes = gridShapes(grids, [open('a'), open('b'), open('c', { grid_code: null })], (code) => code)
    expect(shapes.features.map((feature) => feature.properties.open)).toEqual([2, 0])
  })
})

describe('where cameras look', () => {
  const camera = (heading: number | null) =>
    ({ place: { lon: 125.3, lat: 43.34, crs: 'CGCS2000' }, heading_deg: heading, state: { state: 'live' } }) as Camera

  it('a camera that looks north looks north', () => {
    const ring = viewWedges([camera(0)]).features[0]?.geometry.coordinates[0] ?? []
    const middle = ring[7] ?? [0, 0]
    expect(middle[0]).toBeCloseTo(125.3, 6)
    expect(middle[1]).toBeGreaterThan(43.34)
    expect(Math.min(...ring.map((corner) => corner[1] ?? 0))).toBe(43.34)
  })

  it('a ball camera looks all around', () => {
    const ring = viewWedges([camera(null)]).features[0]?.geometry.coordinates[0] ?? []
    expect(Math.min(...ring.map((corner) => corner[1] ?? 0))).toBeLessThan(43.34)
    expect(ring[0]?.[0]).toBeCloseTo(ring.at(-1)?.[0] ?? 0, 9)
  })
})
