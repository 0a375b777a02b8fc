import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { recall, remember } from '@/shared/lib/memory'
import * as plan from '@/shared/lib/soundPlan'
import { Speaker } from '@/shared/lib/speaker'
import { useAlerts } from './alerts'
import { useCameras } from './cameras'

const FLASH_MS = 2500

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

  function refresh(): void {
    const alerts = useAlerts()
    for (const caseId of state.waiting) {
      if (alerts.find(caseId)?.case_state !== 'reported') plan.acknowledge(state, caseId)
    }
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
    plan.acknowledgeAll(state)
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

  function acknowledge(caseId: string): void {
    plan.acknowledge(state, caseId)
    refresh()
  }

  function acknowledgeAll(): void {
    plan.acknowledgeAll(state)
    refresh()
  }

  return { status, muted, volume, waiting, flood, flash, start, stop, unlock, test, setMuted, setVolume, acknowledge, acknowledgeAll }
})
