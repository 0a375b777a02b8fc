import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { evidenceUrl, api } from '@/shared/api/endpoints'
import type { LookView, TaskView } from '@/shared/api/types'
import { serverNow } from '@/shared/lib/clock'
import { useSession } from '@/shared/stores/session'
import { flushQueue, type OutboxTools } from './outbox'
import { sendAct } from './send'
import { phoneStore, type Act } from './store'

const EVERY_MS = 20_000
const KEPT_PICTURES = 60

export type NewAct = Omit<Act, 'seq' | 'clientId' | 'saidAt' | 'refused'>

/** What the phone holds for its owner, and what waits to be sent. */
export const usePhone = defineStore('phone', () => {
  const session = useSession()
  const acts = shallowRef<Act[]>([])
  const online = ref(navigator.onLine)
  const sending = ref(false)
  const refused = computed(() => acts.value.filter((act) => act.refused))
  const waiting = computed(() => acts.value.filter((act) => !act.refused))
  /** Grows when something was sent, so that lists read again. */
  const sent = ref(0)
  /** Tasks as the service answered an act, until a list that is newer has come. */
  const newest = shallowRef(new Map<string, TaskView>())
  let timer: ReturnType<typeof setInterval> | undefined
  let users = 0

  const db = () => phoneStore(session.user?.username ?? '')
  const all = async (): Promise<Act[]> => (await db()).getAll('queue')

  async function refresh(): Promise<void> {
    acts.value = session.user ? await all() : []
  }

  const tools: OutboxTools = {
    queue: all,
    save: async (act) => void (await (await db()).put('queue', act)),
    remove: async (act) => { if (act.seq !== undefined) await (await db()).delete('queue', act.seq) },
    task: async (taskId) => (await db()).get('tasks', taskId),
    putTask: async (task) => {
      await (await db()).put('tasks', task)
      newest.value = new Map(newest.value).set(task.task_id, task)
    },
    fetchTasks: () => api.tasks(true),
    send: sendAct,
  }

  /** Sends what waits; one tab at a time, so that nothing overtakes. */
  async function flush(): Promise<void> {
    if (!session.user || sending.value) return
    sending.value = true
    try {
      const done = await navigator.locks.request('yitong-phone-outbox', () => flushQueue(tools))
      online.value = !done.waiting && navigator.onLine
      if (done.sent > 0 || done.refused > 0) sent.value++
    } finally {
      sending.value = false
      await refresh()
    }
  }

  /** Keeps one press of a button with its time, then sends it if that is possible. */
  async function press(act: NewAct): Promise<void> {
    const before = (await all()).some((item) => item.caseId === act.caseId)
    const version = before ? null : act.version
    const saidAt = new Date(serverNow()).toISOString()
    await (await db()).add('queue', { ...act, version, clientId: crypto.randomUUID(), saidAt })
    await refresh()
    await flush()
    // What was pressed while another sending was under way.
    if (waiting.value.length > 0 && online.value) await flush()
  }

  async function drop(caseId: string): Promise<void> {
    for (const act of await all()) if (act.caseId === caseId) await tools.remove(act)
    await refresh()
    sent.value++
  }

  async function again(caseId: string): Promise<void> {
    for (const act of await all()) if (act.caseId === caseId) await tools.save({ ...act, version: null, refused: null })
    const fresh = await api.tasks(true).catch(() => [])
    for (const task of fresh) await tools.putTask(task)
    await flush()
  }

  async function keepTasks(items: TaskView[]): Promise<void> {
    const store = await db()
    const at = store.transaction('tasks', 'readwrite')
    await at.store.clear()
    for (const item of items) await at.store.put(item)
    await at.done
    void keepPictures(items.map((item) => item.evidence)).catch(() => undefined)
  }

  async function keepLooks(items: LookView[]): Promise<void> {
    const at = (await db()).transaction('looks', 'readwrite')
    await at.store.clear()
    for (const item of items) await at.store.put(item)
    await at.done
  }

  const keptTasks = async (): Promise<TaskView[]> => (await db()).getAll('tasks')
  const keptLooks = async (): Promise<LookView[]> => (await db()).getAll('looks')

  async function keepPictures(wanted: (string | null)[]): Promise<void> {
    const store = await db()
    const names = wanted.filter((name): name is string => name !== null).slice(0, KEPT_PICTURES)
    const known = await store.getAllKeys('pictures')
    for (const old of known) if (!names.includes(old)) await store.delete('pictures', old)
    for (const name of names) {
      if (known.includes(name)) continue
      const answer = await fetch(evidenceUrl(name), { credentials: 'same-origin' })
      if (answer.ok) await store.put('pictures', await answer.blob(), name)
    }
  }

  const picture = async (sha256: string): Promise<Blob | undefined> => (await db()).get('pictures', sha256)

  function wake(): void {
    online.value = navigator.onLine
    if (document.visibilityState === 'visible') void flush()
  }

  /** Keeps sending while a page that uses it is open; gives back how to stop. */
  function start(): () => void {
    if (users++ === 0) {
      for (const name of ['online', 'offline']) window.addEventListener(name, wake)
      document.addEventListener('visibilitychange', wake)
      timer = setInterval(() => { if (acts.value.length > 0) void flush() }, EVERY_MS)
      void refresh().then(flush)
    }
    return () => {
      if (--users > 0) return
      for (const name of ['online', 'offline']) window.removeEventListener(name, wake)
      document.removeEventListener('visibilitychange', wake)
      clearInterval(timer)
    }
  }

  return { acts, newest, waiting, refused, online, sending, sent, press, drop, again, flush, start, keepTasks, keepLooks, keptTasks, keptLooks, picture }
})
