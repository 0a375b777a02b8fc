import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import PrecisionPage from '@/features/precision/PrecisionPage.vue'
import { api } from '@/shared/api/endpoints'
import type { PrecisionStats } from '@/shared/api/types'
import { i18n } from '@/shared/i18n'
import { emptyBook, mergeAlert, newAlerts, quietAlerts } from '@/shared/live/merge'
import { useAlerts } from '@/shared/stores/alerts'
import { usePrecision } from '@/shared/stores/precision'
import { alert } from './samples'

const STATS: PrecisionStats = {
  since: '2026-10-24T00:00:00Z',
  days: 30,
  bar: 0.7,
  items: [
    { kind: 'illegal_parking', camera_id: 'cam-001', reviewed: 40, confirmed: 8, precision: 0.2, low: 0.105, high: 0.348, second_look: true },
    { kind: 'manhole_cover', camera_id: 'cam-002', reviewed: 3, confirmed: 3, precision: null, low: null, high: null, second_look: false },
  ],
  by_hour: [{ kind: 'illegal_parking', hour: 21, reviewed: 4, confirmed: 1, precision: null, low: null, high: null }],
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.spyOn(api, 'precision').mockResolvedValue(STATS)
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('second look', () => {
  it('is a group of its own, and nothing is dropped', () => {
    const book = emptyBook()
    for (let n = 0; n < 20; n++) {
      mergeAlert(book, alert({ case_id: `case-${String(n)}`, severity: ((n % 4) + 1) as 1 | 2 | 3 | 4, second_look: n % 3 === 0 }))
    }
    const [loud, quiet] = [newAlerts(book), quietAlerts(book)]
    expect(loud.length + quiet.length).toBe(20)
    expect(quiet.length).toBeGreaterThan(3)
    expect(quiet.every((item) => item.second_look && item.severity > 1)).toBe(true)
    expect(loud.filter((item) => item.second_look).every((item) => item.severity === 1)).toBe(true)
    expect(loud.some((item) => item.second_look)).toBe(true)
  })

  it('is silent, except for a critical alert', () => {
    const alerts = useAlerts()
    const heard: string[] = []
    alerts.onArrival((item) => heard.push(item.case_id))
    alerts.take(alert({ case_id: 'quiet', severity: 2, second_look: true }))
    alerts.take(alert({ case_id: 'loud', severity: 2 }))
    alerts.take(alert({ case_id: 'life', severity: 1, second_look: true }))
    expect(heard).toEqual(['loud', 'life'])
    expect(alerts.quiet.map((item) => item.case_id)).toEqual(['quiet'])
    expect(alerts.fresh.map((item) => item.case_id).sort()).toEqual(['life', 'loud'])
  })

  it('knows the counts of its camera and kind', async () => {
    const precision = usePrecision()
    await precision.load()
    expect(precision.of(alert())?.reviewed).toBe(40)
    expect(precision.of(alert({ kind: 'manhole_cover' }))).toBeUndefined()
  })
})

describe('the precision page', () => {
  it('shows counts always and a rate only where there is one', async () => {
    const page = mount(PrecisionPage, { global: { plugins: [i18n] } })
    await vi.waitFor(() => { expect(page.findAll('[data-testid="precision-row"]')).toHaveLength(2) })
    const [bad, few] = page.findAll('[data-testid="precision-row"]')
    expect(bad?.text()).toContain('40')
    expect(bad?.find('[data-testid="precision-rate"]').text()).toBe('20.0%')
    expect(bad?.find('[role="img"]').attributes('aria-label')).toBe('10.5% – 34.8%')
    expect(bad?.find('[data-testid="precision-second-look"]').exists()).toBe(true)
    expect(few?.text()).toContain('3')
    expect(few?.find('[data-testid="precision-rate"]').exists()).toBe(false)
    expect(few?.text()).not.toContain('%')
    expect(page.find('[data-testid="precision-hours"]').text()).toContain('21')
  })

  it('says when it could not be read, and tries again', async () => {
    vi.spyOn(api, 'precision').mockRejectedValueOnce(new Error('down'))
    const page = mount(PrecisionPage, { global: { plugins: [i18n] } })
    await vi.waitFor(() => { expect(page.find('[role="alert"]').exists()).toBe(true) })
    await page.find('[role="alert"] button').trigger('click')
    await vi.waitFor(() => { expect(page.find('[data-testid="precision-table"]').exists()).toBe(true) })
  })
})
