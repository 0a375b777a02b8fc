import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { Problem } from '@/shared/api/client'
import { api } from '@/shared/api/endpoints'
import type { LookView, TaskView } from '@/shared/api/types'
import { listen } from '@/shared/live/bus'
import { withActs } from '@/shared/phone/rules'
import { usePhone } from '@/shared/phone/usePhone'
import { announceNew } from './notices'

export type Step = 'accept' | 'arrive' | 'handle' | 'done'

/** What the worker does next, read off what has been done. */
export function stepOf(task: Pick<TaskView, 'accepted_at' | 'arrived_at' | 'handled_at'>): Step {
  if (task.handled_at) return 'done'
  if (task.arrived_at) return 'handle'
  return task.accepted_at ? 'arrive' : 'accept'
}

/** Least time left first; tasks without a limit after those with one. */
export function byTimeLeft(a: TaskView, b: TaskView): number {
  const due = (task: TaskView) => (task.due_at ? Date.parse(task.due_at) : Infinity)
  const [x, y] = [due(a), due(b)]
  return x === y ? a.severity - b.severity || a.task_id.localeCompare(b.task_id) : x - y
}

const ENDED = new Set(['handled', 'returned', 'withdrawn'])

/** The worker's own tasks: from the service, or as this phone keeps them; with what was pressed since. */
export function useTasks() {
  const phone = usePhone()
  const all = shallowRef<TaskView[]>([])
  const looks = shallowRef<LookView[]>([])
  const loaded = ref(false)
  const problem = shallowRef<unknown>(null)
  const withDone = ref(false)
  /** An answer may be newer than the list: a step must not seem undone until the list is read again. */
  const latest = (task: TaskView): TaskView => {
    const told = phone.newest.get(task.task_id)
    return told && told.case_version > task.case_version ? told : task
  }
  const shown = computed(() => all.value.map((task) => withActs(latest(task), phone.acts)))
  const open = computed(() => shown.value.filter((task) => !ENDED.has(task.state)).sort(byTimeLeft))
  const done = computed(() =>
    shown.value
      .filter((task) => task.state === 'handled')
      .sort((a, b) => Date.parse(b.handled_at ?? '') - Date.parse(a.handled_at ?? '')),
  )
  const toLook = computed(() =>
    looks.value.filter((look) => !phone.waiting.some((act) => act.kind === 'look' && act.caseId === look.case_id)),
  )
  let asked = 0

  async function fromPhone(error: unknown): Promise<void> {
    const kept = await phone.keptTasks().catch(() => [])
    if (kept.length === 0) problem.value = error
    else if (all.value.length === 0) all.value = kept
    if (looks.value.length === 0) looks.value = await phone.keptLooks().catch(() => [])
    loaded.value = true
  }

  async function load(): Promise<void> {
    const mine = ++asked
    try {
      const [items, asks] = await Promise.all([api.tasks(withDone.value), api.looks()])
      if (mine !== asked) return
      announceNew(loaded.value ? all.value : null, items)
      all.value = items
      looks.value = asks
      problem.value = null
      loaded.value = true
      phone.online = true
      await Promise.all([phone.keepTasks(items), phone.keepLooks(asks)])
    } catch (error) {
      if (mine !== asked) return
      if (error instanceof Problem && error.status !== 0) problem.value = error
      else {
        phone.online = false
        await fromPhone(error)
      }
    }
  }

  function toggleDone(): void {
    withDone.value = !withDone.value
    void load()
  }

  watch(() => phone.sent, () => void load())
  const stops = [
    phone.start(),
    listen('task', () => void load()),
    listen('case', (message) => {
      if (all.value.some((task) => task.case_id === message.case_id)) void load()
    }),
    listen('reload', () => void load()),
  ]
  onScopeDispose(() => {
    for (const stop of stops) stop()
  })
  void load()

  return { open, done, toLook, loaded, problem, withDone, load, toggleDone }
}
