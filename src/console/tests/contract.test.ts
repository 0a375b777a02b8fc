import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import ContractPage from '@/features/contract/ContractPage.vue'
import { api } from '@/shared/api/endpoints'
import type { Topic, TopicSample } from '@/shared/api/types'
import { i18n } from '@/shared/i18n'

// Styles are the browser's: the test environment can't load them.
vi.mock('element-plus/es/components/input/style/css', () => ({}))

const topic = (name: string): Topic => ({
  name,
  full_name: `yitong.${name}`,
  purpose_zh: '用途',
  purpose_en: 'purpose',
  key_zh: '键名',
  key_en: 'case_id',
  event_type: 'yitong.case.v1',
  version: 1,
  partitions: 4,
  retention_days: 90,
  compacted: false,
  fields: [
    { path: 'case_id', type: 'string', required: true, zh: '案件编号', en: 'the case' },
    { path: 'place.lon', type: 'number', required: true, zh: '经度', en: 'longitude' },
  ],
  example: { case_id: 'YT-1' },
  example_headers: { ce_id: 'one' },
})
const SAMPLE: TopicSample = {
  topic: 'cameras', partition: 3, offset: 7, at: '2026-11-23T01:10:00Z', key: 'cam-001', headers: {},
  value: { login: '•••' }, problem: '', removed: false, withheld: ['login'],
}

async function open(query = '') {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/contract', component: ContractPage }],
  })
  await router.push(`/contract${query}`)
  const page = mount(ContractPage, { global: { plugins: [i18n, router] } })
  await flushPromises()
  return page
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.spyOn(api, 'topics').mockResolvedValue([topic('cases'), topic('cameras')])
  vi.spyOn(api, 'topicSample').mockResolvedValue(SAMPLE)
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('the contract page', () => {
  it('shows topics, fields with their meaning, and the example', async () => {
    const page = await open()
    expect(page.findAll('[data-testid="topic"]')).toHaveLength(2)
    expect(page.find('[data-testid="topic-name"]').text()).toBe('yitong.cases')
    expect(page.text()).toContain('案件编号')
    expect(page.find('[data-testid="topic-example"]').text()).toContain('YT-1')
  })

  it('finds a field by its meaning', async () => {
    const page = await open()
    await page.find('[data-testid="field-search"]').setValue('经度')
    const rows = page.findAll('[data-testid="topic-field"]')
    expect(rows).toHaveLength(1)
    expect(rows[0]?.text()).toContain('place.lon')
  })

  it('opens the topic of its address and says what is withheld', async () => {
    const page = await open('?topic=cameras')
    expect(page.find('[data-testid="topic-name"]').text()).toBe('yitong.cameras')
    expect(page.find('[data-testid="topic-newest"]').text()).toContain('login')
    expect(api.topicSample).toHaveBeenCalledWith('cameras', expect.anything())
  })

  it('says why there is no newest message, and reads again', async () => {
    vi.spyOn(api, 'topicSample').mockRejectedValueOnce(new Error('down'))
    const page = await open()
    expect(page.find('[data-testid="topic-newest"] [role="alert"]').exists()).toBe(true)
    await page.find('[data-testid="newest-again"]').trigger('click')
    await flushPromises()
    expect(page.find('[data-testid="topic-newest"]').text()).toContain('•••')
  })
})
