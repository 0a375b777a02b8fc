import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { computed, onBeforeUnmount, onMounted, onScopeDispose, ref, watch } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { CaseDetail, User } from '@/shared/api/types'
import { useWords } from '@/shared/i18n/words'
import { listen } from '@/shared/live/bus'
import { isNew } from '@/shared/live/merge'
import { useAlerts } from '@/shared/stores/alerts'
import { useClaims } from '@/shared/stores/claims'
import { step, successor } from './keys'
import { useActs } from './useActs'
import { useDecisions } from './useDecisions'
import { useQueue } from './useQueue'

/** Time an alert must have been on the screen before a key can decide about it. */
const LOOK_MS = 500
export const OTHER_REASON = 9
/** What is open below the headline of the selected alert. */
export type Panel = 'reject' | 'dispatch' | 'call' | null

/** Selection and decisions of the duty desk. */
export function useDesk() {
  const { t, pick, problemText } = useWords()
  const alerts = useAlerts()
  const claims = useClaims()
  const queue = useQueue()
  const acts = useActs()
  const selectedId = ref<string | null>(null)
  const detail = ref<CaseDetail | null>(null)
  const panel = ref<Panel>(null)
  const swapped = ref(false)
  const wordsWanted = ref(false)
  let shownAt = 0

  const selected = computed(() => (selectedId.value ? (alerts.book.byCase.get(selectedId.value) ?? null) : null))
  const other = computed(() => (selectedId.value ? claims.other(selectedId.value) : null))
  const canDispatch = computed(() => detail.value?.actions.some((action) => action.to === 'dispatched' && action.needs.includes('assignee')) ?? false)
  const { busy, ...decisions } = useDecisions(acts, select)

  function select(caseId: string | null): void {
    if (caseId === selectedId.value) return
    if (selectedId.value && !acts.waits(selectedId.value)) claims.letGo(selectedId.value)
    selectedId.value = caseId
    panel.value = null
    detail.value = null
    shownAt = Date.now()
    if (selected.value && isNew(selected.value)) void claims.hold(selected.value.case_id)
  }

  function move(by: 1 | -1): void {
    select(step(queue.order.value, selectedId.value, by))
  }

  async function readDetail(caseId: string): Promise<void> {
    try {
      const found = await api.case(caseId)
      alerts.takeCase(found)
      if (selectedId.value === caseId && found.version >= (detail.value?.version ?? 0)) detail.value = found
    } catch {
      // The card itself still stands; the detail comes with the next change or selection.
    }
  }

  /** The selected alert if this desk may decide about it now; says why not if not. */
  function decidable() {
    const alert = selected.value
    if (!alert || busy.value || !isNew(alert)) return null
    if (!other.value) return alert
    ElMessage.info({ message: t('seat.claimed', { who: pick(other.value, 'name') }), duration: 3000 })
    return null
  }

  /** Makes a decision, then goes on to the alert that takes its place. */
  async function decide(make: (alert: NonNullable<typeof selected.value>) => Promise<boolean>): Promise<void> {
    const alert = decidable()
    if (!alert) return
    const before = queue.order.value
    const done = make(alert)
    if (!(await done)) return
    panel.value = null
    if (selectedId.value === alert.case_id) select(successor(before, alert.case_id) ?? alert.case_id)
  }

  const confirm = () => decide(decisions.confirm)

  /** Confirms by key: refused for a moment after the alert came up, so that a double press hits one only. */
  function confirmByKey(): void {
    if (!selected.value || !isNew(selected.value)) return
    if (Date.now() - shownAt < LOOK_MS) ElMessage.info({ message: t('desk.wait'), duration: 2000 })
    else void confirm()
  }

  function open(wanted: Exclude<Panel, null>): void {
    if (!selected.value) return
    if (wanted === 'reject' && !decidable()) return
    if (wanted === 'dispatch' && !canDispatch.value) return
    panel.value = wanted
  }

  function close(): void {
    panel.value = null
  }

  /** The last reason says nothing by itself: it asks for a few words first. */
  function reject(code: number, note = ''): void {
    if (code === OTHER_REASON && !note) wordsWanted.value = true
    else void decide((alert) => decisions.reject(alert, code, note))
  }

  async function dispatch(worker: User): Promise<void> {
    if (!detail.value || busy.value) return
    const { case_id: caseId, version } = detail.value
    const done = await decisions.move(caseId, { to: 'dispatched', version, assignee: worker.username })
    panel.value = null
    if (done && selectedId.value === caseId) detail.value = done
  }

  async function takeOver(): Promise<void> {
    if (!selectedId.value || !other.value) return
    try {
      await claims.hold(selectedId.value, true)
    } catch (error) {
      ElMessage.error({ message: problemText(error), duration: 5000 })
    }
  }

  function swap(): void {
    swapped.value = !swapped.value
  }

  watch(panel, () => {
    wordsWanted.value = false
  })
  watch(selectedId, (caseId) => {
    if (caseId) void readDetail(caseId)
  })
  // An empty desk takes the first alert up that nobody works on; after that a new arrival never moves the selection.
  watch(
    () => (alerts.loaded && !selected.value ? (alerts.fresh.find((alert) => !claims.other(alert.case_id))?.case_id ?? null) : null),
    (first) => {
      if (!selected.value && first) select(first)
    },
    { immediate: true },
  )
  const stop = listen('case', (message) => {
    if (message.case_id === selectedId.value) void readDetail(message.case_id)
  })
  onScopeDispose(stop)
  onMounted(claims.start)
  onBeforeUnmount(claims.stop)

  return {
    queue, acts, selectedId, selected, detail, other, panel, wordsWanted, busy, swapped, canDispatch,
    select, move, confirm, confirmByKey, open, close, reject, dispatch, takeOver, swap,
  }
}

export type Desk = ReturnType<typeof useDesk>
