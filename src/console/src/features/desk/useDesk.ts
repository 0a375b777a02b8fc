import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { computed, onScopeDispose, ref, watch } from 'vue'
import { Problem } from '@/shared/api/client'
import { api } from '@/shared/api/endpoints'
import type { CaseDetail } from '@/shared/api/types'
import { useWords } from '@/shared/i18n/words'
import { listen } from '@/shared/live/bus'
import { isNew } from '@/shared/live/merge'
import { useAlerts } from '@/shared/stores/alerts'
import { step, successor } from './keys'

/** Time an alert must have been on the screen before a key can decide about it. */
const LOOK_MS = 500
export const OTHER_REASON = 9

/** Selection and decisions of the duty desk. */
export function useDesk() {
  const { t, pick, problemText } = useWords()
  const alerts = useAlerts()
  const selectedId = ref<string | null>(null)
  const detail = ref<CaseDetail | null>(null)
  const rejecting = ref(false)
  const busy = ref(false)
  const swapped = ref(false)
  const wordsWanted = ref(false)
  let shownAt = 0

  const order = computed(() => [...alerts.fresh, ...alerts.quiet, ...alerts.confirmed].map((alert) => alert.case_id))
  const selected = computed(() => {
    const found = selectedId.value ? alerts.book.byCase.get(selectedId.value) : undefined
    return found ?? null
  })

  function select(caseId: string | null): void {
    if (caseId === selectedId.value) return
    selectedId.value = caseId
    rejecting.value = false
    detail.value = null
    shownAt = Date.now()
  }

  function move(by: 1 | -1): void {
    select(step(order.value, selectedId.value, by))
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

  /** Sends one decision, then goes on to the alert that takes its place. */
  async function decide(to: 'filed' | 'not_filed', reasonCode?: number, note?: string): Promise<void> {
    const alert = selected.value
    if (!alert || busy.value || !isNew(alert)) return
    const queue = [...alerts.fresh, ...alerts.quiet].map((item) => item.case_id)
    busy.value = true
    try {
      const done = await api.transition(alert.case_id, {
        to,
        version: alert.case_version,
        ...(reasonCode ? { reason_code: reasonCode } : {}),
        ...(note ? { note } : {}),
      })
      alerts.takeCase(done)
      const key = to === 'filed' ? 'desk.confirmed_notice' : 'desk.rejected_notice'
      ElMessage.success({ message: t(key, { title: pick(alert, 'title') }), duration: 2500 })
      if (selectedId.value === alert.case_id) select(successor(queue, alert.case_id) ?? alert.case_id)
    } catch (error) {
      await refused(alert.case_id, error)
    } finally {
      busy.value = false
      rejecting.value = false
    }
  }

  async function refused(caseId: string, error: unknown): Promise<void> {
    if (error instanceof Problem && error.status === 409) {
      ElMessage.info({ message: t('action.stale'), duration: 4000 })
      await readDetail(caseId)
    } else {
      ElMessage.error({ message: problemText(error), duration: 5000 })
    }
  }

  /** Confirms by key: refused for a moment after the alert came up, so that a double press hits one only. */
  function confirmByKey(): void {
    if (!selected.value || !isNew(selected.value)) return
    if (Date.now() - shownAt < LOOK_MS) {
      ElMessage.info({ message: t('desk.wait'), duration: 2000 })
      return
    }
    void decide('filed')
  }

  function startReject(): void {
    if (selected.value && isNew(selected.value)) rejecting.value = true
  }

  /** The last reason says nothing by itself: it asks for a few words first. */
  function reject(code: number, note = ''): void {
    if (code === OTHER_REASON && !note) wordsWanted.value = true
    else void decide('not_filed', code, note)
  }

  function stopReject(): void {
    rejecting.value = false
  }

  function swap(): void {
    swapped.value = !swapped.value
  }

  watch(rejecting, () => {
    wordsWanted.value = false
  })
  watch(selectedId, (caseId) => {
    if (caseId) void readDetail(caseId)
  })
  // An empty desk takes the first alert up; after that a new arrival never moves the selection.
  watch(
    () => (alerts.loaded ? alerts.fresh[0]?.case_id : null),
    (first) => {
      if (!selected.value && first) select(first)
    },
    { immediate: true },
  )
  const stop = listen('case', (message) => {
    if (message.case_id === selectedId.value) void readDetail(message.case_id)
  })
  onScopeDispose(stop)

  return {
    selectedId,
    selected,
    detail,
    rejecting,
    wordsWanted,
    busy,
    swapped,
    select,
    move,
    decide,
    confirmByKey,
    startReject,
    reject,
    stopReject,
    swap,
  }
}

export type Desk = ReturnType<typeof useDesk>
