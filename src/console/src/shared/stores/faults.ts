import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { healthApi, type Fault, type FaultMessage } from '@/shared/api/cameraHealth'
import { listen } from '@/shared/live/bus'

/** Faults in the order a desk needs them: the widest first, then who waits longest. */
export function inOrder(faults: Iterable<Fault>): Fault[] {
  return [...faults].sort(
    (a, b) => b.cameras.length - a.cameras.length || Date.parse(a.began_at) - Date.parse(b.began_at),
  )
}

/** Takes one message in; the newer word on a fault wins, one that ended or became part of an outage goes. */
export function takeFault(held: Map<string, Fault>, message: FaultMessage): void {
  const before = held.get(message.fault_id)
  if (before && Date.parse(before.changed_at) > Date.parse(message.changed_at)) return
  if (message.ended_at || message.folded_into) held.delete(message.fault_id)
  else held.set(message.fault_id, message)
}

/** Device faults that last, kept up to date by the live stream. */
export const useFaults = defineStore('faults', () => {
  const byId = ref(new Map<string, Fault>())
  const loaded = ref(false)
  /** Grows with every change, so that lists of past faults know when to read again. */
  const changes = ref(0)
  const open = computed(() => inOrder(byId.value.values()))

  async function load(): Promise<void> {
    const items = await healthApi.faults(true)
    byId.value = new Map(items.map((item) => [item.fault_id, item]))
    loaded.value = true
  }

  listen('fault', (message) => {
    takeFault(byId.value, message)
    changes.value++
  })
  listen('reload', () => void load().catch(() => undefined))

  return { byId, open, loaded, changes, load }
})
