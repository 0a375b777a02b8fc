import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { ref } from 'vue'
import { actsApi } from '@/shared/api/acts'
import { Problem } from '@/shared/api/client'
import { api } from '@/shared/api/endpoints'
import type { CaseDetail, TransitionBody } from '@/shared/api/types'
import { useWords } from '@/shared/i18n/words'
import type { HeldAlert } from '@/shared/live/merge'
import { useAlerts } from '@/shared/stores/alerts'
import { useClaims } from '@/shared/stores/claims'
import type { useActs } from './useActs'

/** Decisions of the lower levels wait this severity and above; the upper two go out at once. */
const WAITS_FROM = 3

/**
 * Decisions about alerts and how they are taken back.
 *
 * A confirmation of severity 1 or 2 goes out at once and stays: somebody is on the way. One of
 * severity 3 or 4 is sent after ten seconds, so taking it back leaves no trace on anybody's phone.
 * A refusal goes out at once; it is taken back by the lawful step of looking at it again.
 */
export function useDecisions(acts: ReturnType<typeof useActs>, back: (caseId: string) => void) {
  const { t, pick, problemText } = useWords()
  const alerts = useAlerts()
  const claims = useClaims()
  const busy = ref(false)

  async function refused(caseId: string, error: unknown): Promise<void> {
    if (error instanceof Problem && error.status === 409) {
      ElMessage.info({ message: t('action.stale'), duration: 4000 })
      await api.case(caseId).then(alerts.takeCase).catch(() => undefined)
    } else {
      ElMessage.error({ message: problemText(error), duration: 5000 })
    }
  }

  async function move(caseId: string, body: TransitionBody): Promise<CaseDetail | null> {
    busy.value = true
    try {
      const done = await api.transition(caseId, body)
      alerts.takeCase(done)
      return done
    } catch (error) {
      await refused(caseId, error)
      return null
    } finally {
      busy.value = false
    }
  }

  async function confirm(alert: HeldAlert): Promise<boolean> {
    if (alert.severity >= WAITS_FROM) {
      wait(alert)
      return true
    }
    const done = await move(alert.case_id, { to: 'filed', version: alert.case_version })
    if (done) ElMessage.success({ message: t('desk.confirmed_notice', { title: pick(alert, 'title') }), duration: 2500 })
    return done !== null
  }

  function wait(alert: HeldAlert): void {
    const { case_id: caseId, case_version: version } = alert
    alerts.aside.add(caseId)
    acts.add({
      caseId,
      kind: 'filed',
      title: pick(alert, 'title'),
      undo: () => {
        alerts.aside.delete(caseId)
        back(caseId)
        return Promise.resolve()
      },
      send: async () => {
        try {
          alerts.takeCase(await actsApi.lastingTransition(caseId, { to: 'filed', version }))
        } catch (error) {
          await refused(caseId, error)
        } finally {
          alerts.aside.delete(caseId)
          claims.letGo(caseId)
        }
      },
    })
  }

  async function reject(alert: HeldAlert, code: number, note: string): Promise<boolean> {
    const { case_id: caseId } = alert
    const wish = { to: 'not_filed', version: alert.case_version, reason_code: code, ...(note ? { note } : {}) } as const
    const done = await move(caseId, wish)
    if (!done) return false
    const undo = async () => {
      if (await move(caseId, { to: 'pending_filing', version: done.version, note: t('seat.undo_note') })) back(caseId)
    }
    acts.add({ caseId, kind: 'not_filed', title: pick(alert, 'title'), undo })
    return true
  }

  return { busy, confirm, reject, move }
}
