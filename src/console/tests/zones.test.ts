import { describe, expect, it } from 'vitest'
import { freeId, newZone, ofKind, settingFault, zoneFault } from '@/features/zones/draft'
import faults from '@/features/zones/faults.json'
import cases from '@/features/zones/polygon-cases.json'
import {
  area, type Corner, corner, crossesItself, inserted, middles, moved, polygonFault, removed, shifted,
} from '@/features/zones/polygon'
import { fromField, spanOf, spanText, toField } from '@/features/zones/times'
import { useUndo } from '@/features/zones/undo'
import type { ZoneKind } from '@/shared/api/types'

const SQUARE: Corner[] = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]
const PARKING: ZoneKind = {
  kind: 'illegal_parking', name_zh: '违停', name_en: 'parking', category: 'cp_parking.no_parking_zone', has_terms: true,
  settings: [{ name: 'dwell_s', name_zh: '', name_en: '', unit: 's', default: 600, low: 0, high: 2592000 }],
}
const COVER: ZoneKind = { ...PARKING, kind: 'manhole_cover', category: 'ar_manhole.missing_shifted', has_terms: false, settings: [] }
const RULES = { kinds: [PARKING, COVER], categories: [PARKING, COVER].map((kind) => ({ code: kind.category, name_zh: '', name_en: '' })) }

describe('a polygon', () => {
  it.each(cases)('$name', ({ polygon, fault }) => {
    expect(polygonFault(polygon as Corner[])).toBe(fault)
  })

  it('has the same faults from wherever it is begun', () => {
    let crossing = 0
    for (let seed = 1; seed <= 300; seed++) {
      let state = seed
      const random = () => (state = (state * 16807) % 2147483647) / 2147483647
      const polygon = Array.from({ length: 3 + (seed % 5) }, (): Corner => [Math.round(random() * 16) / 16, Math.round(random() * 16) / 16])
      const [first, ...rest] = polygon
      const turned = [...rest, first ?? [0, 0]] as Corner[]
      expect(crossesItself(turned)).toBe(crossesItself(polygon))
      expect(crossesItself([...polygon].reverse())).toBe(crossesItself(polygon))
      crossing += Number(crossesItself(polygon))
    }
    expect(crossing).toBeGreaterThan(50)
    expect(crossing).toBeLessThan(250)
  })

  it('stays in the picture, whatever is done to it', () => {
    expect(corner(1.2, -0.3)).toEqual([1, 0])
    expect(moved(SQUARE, 0, [-1, 0.2])[0]).toEqual([0, 0.2])
    const far = shifted(SQUARE, 5, -5)
    expect(far[2]).toEqual([1, 0.4])
    expect(area(far)).toBeCloseTo(area(SQUARE))
  })

  it('gains and loses corners, and keeps three', () => {
    expect(inserted(SQUARE, 3)[4]).toEqual([0.1, 0.3])
    expect(inserted(SQUARE, 0, [0.3, 0.05])[1]).toEqual([0.3, 0.05])
    expect(removed(SQUARE, 1)).toHaveLength(3)
    expect(removed(removed(SQUARE, 1), 0)).toHaveLength(3)
    expect(middles(SQUARE)[0]).toEqual([0.3, 0.1])
    expect(SQUARE).toHaveLength(4)
  })
})

describe('a zone', () => {
  const zone = newZone([], 'main', PARKING, SQUARE)

  it('is told what is wrong in the words of the service', () => {
    expect(zoneFault(zone, RULES)).toEqual({ field: 'name_zh', zh: faults.name[0], en: faults.name[1] })
    const named = { ...zone, name_zh: '校门口' }
    expect(zoneFault(named, RULES)).toBeNull()
    expect(zoneFault({ ...named, category: 'kp_elder_alone.water_low' }, RULES)?.field).toBe('category')
    expect(zoneFault({ ...named, kind: 'face' }, RULES)?.zh).toBe(faults.kind[0])
    expect(zoneFault({ ...named, polygon: SQUARE.slice(0, 2) }, RULES)?.zh).toBe(faults.few[0])
    expect(settingFault(PARKING, { ...named, settings: { dwell_s: -1 } })?.field).toBe('settings.dwell_s')
    expect(settingFault(PARKING, { ...named, settings: { dwell_s: Number.NaN } })).not.toBeNull()
    expect(settingFault(PARKING, { ...named, settings: { dwell_s: 30 } })).toBeNull()
  })

  it('gets an id that is free', () => {
    const taken = [zone, { ...zone, zone_id: 'zone-3' }]
    expect(freeId(taken)).toBe('zone-4')
    expect(taken.map((item) => item.zone_id)).not.toContain(freeId(taken))
  })

  it('keeps only what another kind has a use for', () => {
    const full = { ...zone, settings: { dwell_s: 60 }, hours: ['07:00-09:00'], days: ['mon'], vehicles: ['car'] }
    const cover = ofKind(full, COVER)
    expect([cover.settings, cover.hours, cover.days, cover.vehicles]).toEqual([{}, null, null, null])
    expect(cover.category).toBe(COVER.category)
    expect(ofKind(full, PARKING)).toEqual(full)
  })
})

describe('undo', () => {
  it('leads back and forth, and forgets the future after a change', () => {
    const steps = useUndo('a')
    steps.change('b')
    steps.change('c')
    steps.undo()
    steps.undo()
    expect([steps.now.value, steps.canUndo.value, steps.canRedo.value]).toEqual(['a', false, true])
    steps.redo()
    expect(steps.now.value).toBe('b')
    steps.change('d')
    steps.redo()
    expect(steps.now.value).toBe('d')
  })

  it('takes a whole drag for one step', () => {
    const steps = useUndo(0)
    for (const value of [1, 2, 3]) steps.show(value)
    steps.settle(0)
    steps.undo()
    expect(steps.now.value).toBe(0)
    steps.settle(0)
    expect(steps.canUndo.value).toBe(false)
  })
})

describe('times', () => {
  it('are those of the county', () => {
    expect(toField('2026-11-24T00:30:00Z')).toBe('2026-11-24T08:30')
    expect(fromField('2026-11-24T08:30')).toBe('2026-11-24T08:30:00+08:00')
    expect(Date.parse(fromField(toField('2026-11-24T00:30:00Z')))).toBe(Date.parse('2026-11-24T00:30:00Z'))
    expect(toField('soon')).toBe('')
    expect(spanText(...spanOf('22:00-24:00'))).toBe('22:00-24:00')
    expect(spanOf('22:00-24:00')).toEqual(['22:00', '00:00'])
  })
})
