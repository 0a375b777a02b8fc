import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { clockApi, type Banner } from '@/shared/api/clock'

const EVERY_MS = 10_000

/** Emergencies and rehearsals that hold now; every page says so. */
export const useModes = defineStore('modes', () => {
  const now = ref<Banner[]>([])
  const emergency = computed(() => now.value.some((mode) => !mode.rehearsal))
  let timer = 0

  async function load(): Promise<void> {
    now.value = await clockApi.modesNow()
  }

  async function checkIn(modeId: string): Promise<void> {
    now.value = await clockApi.checkIn(modeId)
  }

  function start(): void {
    stop()
    timer = window.setInterval(() => void load().catch(() => undefined), EVERY_MS)
    void load().catch(() => undefined)
  }

  function stop(): void {
    window.clearInterval(timer)
    now.value = []
  }

  return { now, emergency, load, checkIn, start, stop }
})
