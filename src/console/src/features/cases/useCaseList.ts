import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { api } from '@/shared/api/endpoints'
import type { CaseMessage, CaseSummary } from '@/shared/api/types'
import { listen } from '@/shared/live/bus'
import { useReference } from '@/shared/stores/reference'

export const PAGE_SIZE = 50
const TYPING_MS = 300

export interface CaseFilters {
  state: string[]
  category: string
  grid: string
  q: string
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The case list: filters live in the address, so that a filtered list can be kept and shared. */
export function useCaseList() {
  const route = useRoute()
  const router = useRouter()
  const reference = useReference()
  const filters = computed<CaseFilters>(() => ({
    state: text(route.query.state).split(',').filter(Boolean),
    category: text(route.query.category),
    grid: text(route.query.grid),
    q: text(route.query.q),
  }))
  const items = shallowRef<CaseSummary[]>([])
  /** Cursor of each page seen so far; the first page has none. */
  const cursors = ref<string[]>([''])
  const next = ref<string | null>(null)
  const loading = ref(false)
  const error = shallowRef<unknown>(null)
  const unseen = ref(new Set<string>())
  let asked = 0

  async function load(): Promise<void> {
    const mine = ++asked
    loading.value = true
    const before = cursors.value.at(-1) ?? ''
    try {
      const page = await api.cases({ ...filters.value, limit: PAGE_SIZE, before })
      if (mine !== asked) return
      items.value = page.items
      next.value = page.next
      error.value = null
      unseen.value = new Set()
    } catch (problem) {
      if (mine === asked) error.value = problem
    } finally {
      if (mine === asked) loading.value = false
    }
  }

  function change(patch: Partial<CaseFilters>): void {
    const wanted = { ...filters.value, ...patch }
    const query = {
      state: wanted.state.join(','),
      category: wanted.category,
      grid: wanted.grid,
      q: wanted.q,
    }
    void router.replace({ query: Object.fromEntries(Object.entries(query).filter(([, value]) => value)) })
  }

  let typing: ReturnType<typeof setTimeout> | undefined
  function search(q: string): void {
    clearTimeout(typing)
    typing = setTimeout(() => { change({ q }) }, TYPING_MS)
  }

  function forward(): void {
    if (!next.value) return
    cursors.value.push(next.value)
    void load()
  }

  function back(): void {
    if (cursors.value.length < 2) return
    cursors.value.pop()
    void load()
  }

  /** A row on the page is brought up to date in place; anything else waits behind a notice. */
  function take(message: CaseMessage): void {
    const at = items.value.findIndex((item) => item.case_id === message.case_id)
    const row = items.value[at]
    if (!row) {
      unseen.value.add(message.case_id)
      return
    }
    if (row.version >= message.version) return
    const sameHolder = row.holder === message.holder
    const fresh: CaseSummary = {
      ...row,
      version: message.version,
      state: message.state,
      severity: message.severity,
      due_at: message.due_at,
      holder: message.holder,
      holder_name_zh: sameHolder ? row.holder_name_zh : reference.nameOf(message.holder, 'zh'),
      holder_name_en: sameHolder ? row.holder_name_en : reference.nameOf(message.holder, 'en'),
      updated_at: message.changed_at,
    }
    items.value = items.value.map((item, index) => (index === at ? fresh : item))
  }

  watch(
    filters,
    () => {
      cursors.value = ['']
      void load()
    },
    { immediate: true },
  )
  const stops = [listen('case', take), listen('reload', () => void load())]
  onScopeDispose(() => {
    clearTimeout(typing)
    for (const stop of stops) stop()
  })

  const page = computed(() => cursors.value.length)
  return { filters, items, next, page, loading, error, unseen, load, change, search, forward, back }
}
