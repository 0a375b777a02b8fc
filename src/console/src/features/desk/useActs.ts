import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'

/** How long an act can be taken back. */
export const UNDO_MS = 10_000

export interface Act {
  caseId: string
  kind: 'filed' | 'not_filed' | 'merged'
  title: string
  /** Takes it back. */
  undo: () => Promise<void>
  /** What is sent when the time is over; without it the act was sent at once. */
  send?: () => Promise<void>
}

export interface DoneAct extends Act {
  id: number
  untilMs: number
}

/** What was done in the last ten seconds and can be taken back, newest last. */
export function useActs() {
  const acts = shallowRef<DoneAct[]>([])
  const undoing = ref(false)
  const timers = new Map<number, number>()
  let last = 0

  function drop(id: number): DoneAct | undefined {
    window.clearTimeout(timers.get(id))
    timers.delete(id)
    const found = acts.value.find((act) => act.id === id)
    acts.value = acts.value.filter((act) => act.id !== id)
    return found
  }

  function finish(id: number): void {
    void drop(id)?.send?.()
  }

  function add(act: Act): void {
    const id = ++last
    acts.value = [...acts.value, { ...act, id, untilMs: Date.now() + UNDO_MS }]
    timers.set(id, window.setTimeout(() => { finish(id) }, UNDO_MS))
  }

  async function undo(id = acts.value.at(-1)?.id): Promise<void> {
    const act = id === undefined || undoing.value ? undefined : drop(id)
    if (!act) return
    undoing.value = true
    try {
      await act.undo()
    } finally {
      undoing.value = false
    }
  }

  function finishAll(): void {
    for (const act of [...acts.value]) finish(act.id)
  }

  /** Whether a decision about this case waits to be sent. */
  function waits(caseId: string): boolean {
    return acts.value.some((act) => act.caseId === caseId && act.send)
  }

  onMounted(() => { window.addEventListener('pagehide', finishAll) })
  onBeforeUnmount(() => {
    window.removeEventListener('pagehide', finishAll)
    finishAll()
  })
  return { acts, undoing, add, undo, waits }
}
