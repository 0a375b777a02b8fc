import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { Alert, PrecisionStats } from '@/shared/api/types'
import { listen } from '@/shared/live/bus'

const DAYS = 30
const FRESH_MS = 60_000

/** How often the cameras' alerts were right, as the operators judged them. */
export const usePrecision = defineStore('precision', () => {
  const stats = ref<PrecisionStats | null>(null)
  let askedAt = -Infinity

  const byKey = computed(
    () => new Map(stats.value?.items.map((item) => [`${item.kind}|${item.camera_id}`, item])),
  )

  async function load(): Promise<void> {
    askedAt = Date.now()
    stats.value = await api.precision(DAYS)
  }

  /** The counts behind an alert, as far as they are known. */
  function of(alert: Pick<Alert, 'kind' | 'camera_id'>) {
    return byKey.value.get(`${alert.kind}|${alert.camera_id ?? ''}`)
  }

  // A quiet alert shows its counts; they are read anew, but not for every alert of a storm.
  listen('alert', (alert) => {
    const due = Date.now() - askedAt > FRESH_MS
    if (alert.second_look && alert.change === 'opened' && due) void load().catch(() => undefined)
  })

  return { stats, load, of }
})
