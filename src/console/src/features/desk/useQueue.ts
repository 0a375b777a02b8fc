import { computed, ref } from 'vue'
import { recall, remember } from '@/shared/lib/memory'
import { useAlerts } from '@/shared/stores/alerts'
import { useSession } from '@/shared/stores/session'
import { emptyFilter, isEmpty, readViews, shower, type QueueFilter, type SavedView } from './filter'
import { rowsOf } from './queueRows'

const MOST_VIEWS = 12

/** The queue as this desk looks at it: its filter, its saved views (kept in this browser, per person) and its lines. */
export function useQueue() {
  const alerts = useAlerts()
  const key = `desk_views.${useSession().user?.username ?? ''}`
  const filter = ref<QueueFilter>(emptyFilter())
  const views = ref<SavedView[]>(readViews(recall(key)))
  const open = ref(new Set<string>())

  const rows = computed(() => rowsOf(alerts, shower(filter.value), open.value))
  const order = computed(() => rows.value.flatMap((row) => (row.type === 'card' ? [row.alert.case_id] : [])))
  const filtered = computed(() => !isEmpty(filter.value))

  function toggleGroup(groupId: string): void {
    const next = new Set(open.value)
    if (!next.delete(groupId)) next.add(groupId)
    open.value = next
  }

  function keep(next: SavedView[]): void {
    views.value = next.slice(-MOST_VIEWS)
    remember(key, JSON.stringify(views.value))
  }

  function saveView(name: string): void {
    const view = { name, filter: { ...filter.value } }
    keep([...views.value.filter((item) => item.name !== name), view])
  }

  function dropView(name: string): void {
    keep(views.value.filter((item) => item.name !== name))
  }

  function showAll(): void {
    filter.value = emptyFilter()
  }

  return { filter, filtered, views, rows, order, toggleGroup, saveView, dropView, showAll }
}

export type Queue = ReturnType<typeof useQueue>
