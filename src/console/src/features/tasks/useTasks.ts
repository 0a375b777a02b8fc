import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { TaskView } from '@/shared/api/types'
import { listen } from '@/shared/live/bus'

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

/** The worker's own tasks, kept fresh by the live stream. */
export function useTasks() {
  const all = shallowRef<TaskView[]>([])
  const loaded = ref(false)
  const problem = shallowRef<unknown>(null)
  const withDone = ref(false)
  const open = computed(() => all.value.filter((task) => stepOf(task) !== 'done').sort(byTimeLeft))
  const done = computed(() =>
    all.value
      .filter((task) => stepOf(task) === 'done')
      .sort((a, b) => Date.parse(b.handled_at ?? '') - Date.parse(a.handled_at ?? '')),
  )
  let asked = 0

  async function load(): Promise<void> {
    const mine = ++asked
    try {
      const items = await api.tasks(withDone.value)
      if (mine !== asked) return
      all.value = items
      problem.value = null
      loaded.value = true
    } catch (error) {
      if (mine === asked) problem.value = error
    }
  }

  function put(task: TaskView): void {
    all.value = all.value.map((item) => (item.task_id === task.task_id ? task : item))
  }

  function toggleDone(): void {
    withDone.value = !withDone.value
    void load()
  }

  const stops = [
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

  return { open, done, loaded, problem, withDone, load, put, toggleDone }
}
