import { computed, onMounted, onUnmounted, ref } from 'vue'
import { handoverApi, type Handover, type SheetNow } from '@/shared/api/handover'
import { Problem } from '@/shared/api/client'
import { listen } from '@/shared/live/bus'
import { useSession } from '@/shared/stores/session'

const EVERY_MS = 20_000

/** The sheet as it is now, handovers so far, and the two signatures. */
export function useHandover() {
  const session = useSession()
  const now = ref<SheetNow | null>(null)
  const past = ref<Handover[]>([])
  const problem = ref<Problem | null>(null)
  const busy = ref(false)
  const me = computed(() => session.user?.username ?? '')
  const offered = computed(() => past.value.filter((one) => one.state === 'offered'))
  const mine = computed(() => offered.value.find((one) => one.outgoing === me.value) ?? null)
  const toMe = computed(() => offered.value.find((one) => one.incoming === me.value) ?? null)

  async function load(): Promise<void> {
    try {
      const [sheet, list] = await Promise.all([handoverApi.sheet(), handoverApi.list()])
      now.value = sheet
      past.value = list
    } catch (error) {
      if (error instanceof Problem) problem.value = error
    }
  }

  async function act(action: () => Promise<Handover>): Promise<boolean> {
    busy.value = true
    problem.value = null
    try {
      await action()
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
      return false
    } finally {
      busy.value = false
      await load()
    }
  }

  const stop = listen('reload', () => void load())
  const timer = window.setInterval(() => void load(), EVERY_MS)
  onMounted(() => void load())
  onUnmounted(() => {
    stop()
    window.clearInterval(timer)
  })
  return { now, past, problem, busy, mine, toMe, load, act }
}
