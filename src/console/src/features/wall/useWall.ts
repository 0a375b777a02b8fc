import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { wallApi, type Wall } from '@/shared/api/wall'
import { listen } from '@/shared/live/bus'
import { serverNow } from '@/shared/lib/clock'

/** After a message the wall waits so long for more, and then reads once. */
const GATHER_MS = 2_000
/** Without any message it still reads: deadlines pass by themselves. */
const EVERY_MS = 15_000
const GIVE_UP_MS = 10_000
const STALE_MS = 45_000

/** The wall's numbers: one answer is held and replaced, so that days leave nothing behind. */
export function useWall() {
  const wall = shallowRef<Wall | null>(null)
  const readAt = ref(0)
  let pending = 0
  let again = false
  let asking: AbortController | null = null

  async function read(): Promise<void> {
    if (asking) {
      again = true
      return
    }
    const own = (asking = new AbortController())
    const limit = window.setTimeout(() => own.abort(), GIVE_UP_MS)
    try {
      wall.value = await wallApi.wall(own.signal)
      readAt.value = serverNow()
    } catch {
      // The old numbers stay, with their time; the next turn asks again.
    } finally {
      window.clearTimeout(limit)
      asking = null
    }
    if (again) {
      again = false
      soon()
    }
  }

  function soon(): void {
    pending ||= window.setTimeout(() => {
      pending = 0
      void read()
    }, GATHER_MS)
  }

  const stops = (['wall', 'alert', 'case', 'fault', 'camera'] as const).map((name) => listen(name, soon))
  stops.push(listen('reload', () => void read()))
  const timer = window.setInterval(() => void read(), EVERY_MS)
  onMounted(() => void read())
  onBeforeUnmount(() => {
    for (const stop of stops) stop()
    window.clearInterval(timer)
    window.clearTimeout(pending)
    asking?.abort()
  })

  const isStale = (now: number) => readAt.value > 0 && now - readAt.value > STALE_MS
  return { wall, readAt, isStale }
}
