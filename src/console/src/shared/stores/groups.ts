import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { groupsApi, type EventGroup } from '@/shared/api/merges'
import type { Alert } from '@/shared/api/types'
import { coalesce } from '@/shared/lib/coalesce'

const SETTLE_MS = 2000

/** The group that an alert is shown in, or null; severity 1 never is, whatever the groups say. */
export function groupOf(groups: EventGroup[], alert: Pick<Alert, 'case_id' | 'category' | 'severity'>): EventGroup | null {
  if (alert.severity === 1) return null
  const [code = ''] = alert.category.split('.')
  const member = groups.find((group) => group.members.some((one) => one.case_id === alert.case_id && one.inhibited))
  return member ?? groups.find((group) => group.categories.some((kind) => kind === code || kind === alert.category)) ?? null
}

/** What one storm or outage brought: its alerts stay together and silent while it lasts. */
export const useGroups = defineStore('groups', () => {
  const items = ref<EventGroup[]>([])
  const lasting = computed(() => items.value.length > 0)

  async function load(): Promise<void> {
    items.value = await groupsApi.list()
  }

  const soon = coalesce(() => void load().catch(() => undefined), SETTLE_MS)
  return { items, lasting, load, soon }
})
