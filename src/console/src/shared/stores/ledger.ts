import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { promiseApi, type LedgerAlarm } from '@/shared/api/promise'

const EVERY_MS = 20_000

/** Alarms of the ledger that last; asked for every now and then while somebody is at the desk. */
export const useLedgerAlarms = defineStore('ledger-alarms', () => {
  const open = ref<LedgerAlarm[]>([])
  const missing = computed(() => open.value.reduce((all, alarm) => all + alarm.count, 0))
  let timer = 0

  async function load(): Promise<void> {
    const ledger = await promiseApi.ledger(1)
    open.value = ledger.alarms.filter((alarm) => alarm.ended_at === null)
  }

  function start(): void {
    stop()
    timer = window.setInterval(() => void load().catch(() => undefined), EVERY_MS)
    void load().catch(() => undefined)
  }

  function stop(): void {
    window.clearInterval(timer)
    open.value = []
  }

  return { open, missing, load, start, stop }
})
