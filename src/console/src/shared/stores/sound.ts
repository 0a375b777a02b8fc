import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { recall, remember } from '@/shared/lib/memory'
import * as plan from '@/shared/lib/soundPlan'
import { Speaker } from '@/shared/lib/speaker'
import { useAlerts } from './alerts'
import { useCameras } from './cameras'

const FLASH_MS = 2500
const REMEMBERED = 200

/** Sounds of the desk, and the flash that goes with each of them. */
export const useSound = defineStore('sound', () => {
  const speaker = new Speaker()
  const state = plan.emptyPlan()
  const ready = ref(false)
  const muted = ref(recall('muted') === 'yes')
  const volume = ref(Number(recall('volume') ?? 70))
  const waiting = ref(0)
  const flood = ref(0)
  const flash = ref<plan.Tone | null>(null)
  const acknowledged = new Set((recall('acknowledged') ?? '').split(' '))
  let flashTimer: ReturnType<typeof setTimeout> | undefined
  let stops: (() => void)[] = []

  const status = computed(() => (muted.value ? 'off' : ready.value ? 'on' : 'blocked'))

  function emit(tone: plan.Tone | null): void {
    if (!tone) return
    if (!muted.value) speaker.play(tone, volume.value / 100)
    flash.value = tone
    clearTimeout(flashTimer)
    flashTimer = setTimeout(() => (flash.value = null), FLASH_MS)
  }

  /** A critical alert waits as long as it is in the queue and nobody here has acknowledged it, reloads included. */
  function refresh(): void {
    const critical = useAlerts().fresh.filter((alert) => alert.severity === 1)
    state.waiting = new Set(critical.map((alert) => alert.case_id).filter((caseId) => !acknowledged.has(caseId)))
    waiting.value = state.waiting.size
    flood.value = plan.isFlood(state, Date.now()) ? plan.recentCount(state, Date.now()) : 0
  }

  function start(): void {
    if (stops.length > 0) return
    const stopAlerts = useAlerts().onArrival((alert) => {
      emit(plan.onAlert(state, alert.case_id, alert.severity, Date.now()))
      refresh()
    })
    const stopCameras = useCameras().onChange((camera) => {
      if (camera.state.state === 'off') emit(plan.onDeviceLost(state, Date.now()))
    })
    const timer = setInterval(() => {
      refresh()
      emit(plan.onTick(state, Date.now()))
    }, 1000)
    // Any click or key counts as the permission that browsers ask for.
    window.addEventListener('pointerdown', unlock)
    window.addEventListener('keydown', unlock)
    stops = [stopAlerts, stopCameras, () => { clearInterval(timer) }, dropListeners]
  }

  function dropListeners(): void {
    window.removeEventListener('pointerdown', unlock)
    window.removeEventListener('keydown', unlock)
  }

  function stop(): void {
    for (const each of stops) each()
    stops = []
    state.waiting.clear()
    waiting.value = 0
  }

  function unlock(): void {
    void speaker.unlock().then((ok) => {
      ready.value = ok
      if (ok) dropListeners()
    })
  }

  async function test(tone: plan.Tone): Promise<void> {
    ready.value = await speaker.unlock()
    emit(tone)
  }

  function setMuted(next: boolean): void {
    muted.value = next
    remember('muted', next ? 'yes' : 'no')
  }

  function setVolume(next: number): void {
    volume.value = next
    remember('volume', String(next))
  }

  function acknowledge(caseIds: Iterable<string>): void {
    for (const caseId of caseIds) acknowledged.add(caseId)
    remember('acknowledged', [...acknowledged].slice(-REMEMBERED).join(' '))
    refresh()
  }

  function acknowledgeAll(): void {
    acknowledge(state.waiting)
  }

  return { status, muted, volume, waiting, flood, flash, start, stop, unlock, test, setMuted, setVolume, acknowledgeAll }
})
