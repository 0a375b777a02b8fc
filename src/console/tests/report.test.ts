import { describe, expect, it } from 'vitest'
import { areaOf, enlarged, fromShare, toShare, type Corner } from '@/features/report/area'
import { emptyDraft, missing, randomId, toForm } from '@/features/report/draft'

const OUTLINES: Corner[][] = [[[125.28, 43.33], [125.32, 43.33], [125.32, 43.36], [125.28, 43.36]]]

describe('a report', () => {
  it('needs to say what and where, and tells which is missing', () => {
    const draft = emptyDraft()
    expect(missing(draft)).toBe('what')
    draft.text = 'a cover is gone'
    expect(missing(draft)).toBe('where')
    expect(missing({ ...draft, address: 'Sample Street 3' })).toBeNull()
    expect(missing({ ...draft, code: 'demo-square' })).toBeNull()
    expect(missing({ ...draft, spot: { lon: 125.3, lat: 43.3, crs: 'WGS84' } })).toBeNull()
  })

  it('has a version 4 id that is never the same', () => {
    const ids = new Set(Array.from({ length: 500 }, randomId))
    expect(ids.size).toBe(500)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('sends a telephone number for citizens only, and no empty fields', () => {
    const draft = { ...emptyDraft('demo-square'), phone: '123', text: ' x ' }
    expect([...toForm(draft, false).keys()].sort()).toEqual(['draft_id', 'phone', 'spot', 'text'])
    expect([...toForm(draft, true).keys()].sort()).toEqual(['draft_id', 'text'])
    expect(toForm(draft, true).get('text')).toBe('x')
  })
})

describe('the map one presses on', () => {
  it('finds the place that was pressed, also when enlarged at the edge', () => {
    const whole = areaOf(OUTLINES)
    for (const factor of [1, 2, 16]) {
      for (const place of [[125.28, 43.33], [125.3012, 43.3461], [125.32, 43.36]] as Corner[]) {
        const area = enlarged(whole, place, factor)
        const share = toShare(area, place)
        for (const part of share) expect(part).toBeGreaterThan(-1e-9)
        for (const part of share) expect(part).toBeLessThan(1 + 1e-9)
        const [lon, lat] = fromShare(area, share)
        expect(lon).toBeCloseTo(place[0], 9)
        expect(lat).toBeCloseTo(place[1], 9)
      }
    }
  })
})
