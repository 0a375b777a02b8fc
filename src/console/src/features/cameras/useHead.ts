import { onScopeDispose, ref } from 'vue'
import { healthApi, type Head, type HeadOrder } from '@/shared/api/cameraHealth'
import { REPEAT_MS, speedsOf } from './steer'

const LOOK_MS = 2000

/** A ball camera in this operator's hand, or in somebody else's. */
export function useHead(cameraId: string) {
  const head = ref<Head | null>(null)
  const problem = ref<unknown>(null)
  const busy = ref(false)
  const held = new Set<string>()
  let moving = false
  let timer: ReturnType<typeof setInterval> | undefined

  async function give(order: HeadOrder): Promise<void> {
    try {
      head.value = await healthApi.steer(cameraId, order)
      problem.value = null
    } catch (error) {
      problem.value = error
    }
  }

  async function look(): Promise<void> {
    try {
      head.value = await healthApi.head(cameraId)
    } catch (error) {
      problem.value = error
    }
  }

  function drive(): void {
    const speeds = speedsOf(held)
    if (speeds) {
      moving = true
      void give({ action: 'move', ...speeds })
      timer ??= setInterval(drive, REPEAT_MS)
    } else {
      clearInterval(timer)
      timer = undefined
      if (moving) void give({ action: 'stop' })
      moving = false
    }
  }

  function press(key: string): void {
    if (held.has(key)) return
    held.add(key)
    drive()
  }

  function release(key?: string): void {
    if (key === undefined) held.clear()
    else held.delete(key)
    if (moving) drive()
  }

  async function once(order: HeadOrder): Promise<void> {
    busy.value = true
    await give(order)
    busy.value = false
  }

  void look()
  const looking = setInterval(() => {
    if (document.visibilityState === 'visible' && !moving) void look()
  }, LOOK_MS)
  onScopeDispose(() => {
    clearInterval(looking)
    release()
    clearInterval(timer)
  })

  return { head, problem, busy, press, release, once }
}
