import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { Problem } from '@/shared/api/client'
import { api } from '@/shared/api/endpoints'
import type { Look } from '@/shared/api/types'
import { serverNow } from '@/shared/lib/clock'
import { pictureQueue } from './pictureQueue'

const TIMEOUT_MS = 5000

export interface LivePictureOptions {
  width: number
  everyMs: number
  /** Whether to ask for what the detector saw, too. */
  withLook: Ref<boolean>
  /** False while nobody can see the picture. */
  active: Ref<boolean>
}

/** A camera's newest picture, again and again; stops while the page or the picture is out of sight. */
export function useLivePicture(cameraId: Ref<string | null>, options: LivePictureOptions) {
  const url = ref<string | null>(null)
  const look = ref<Look | null>(null)
  const problem = ref<Problem | null>(null)
  const takenAt = ref(0)
  let timer: ReturnType<typeof setTimeout> | undefined
  let round = 0

  function show(next: string | null): void {
    if (url.value) URL.revokeObjectURL(url.value)
    url.value = next
  }

  async function fetchOnce(id: string, mine: number): Promise<void> {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const [blob, seen] = await Promise.all([
      api.picture(id, options.width, signal).then((response) => response.blob()),
      options.withLook.value ? api.look(id, signal).catch(() => null) : null,
    ])
    if (mine !== round) return
    show(URL.createObjectURL(blob))
    look.value = seen
    problem.value = null
    takenAt.value = serverNow()
  }

  async function turn(mine: number): Promise<void> {
    const id = cameraId.value
    if (!id || mine !== round) return
    try {
      if (document.visibilityState === 'visible') await pictureQueue.run(() => fetchOnce(id, mine))
    } catch (error) {
      if (mine === round) problem.value = error instanceof Problem ? error : null
      if (mine === round) look.value = null
    }
    if (mine === round) timer = setTimeout(() => void turn(mine), options.everyMs)
  }

  function restart(): void {
    clearTimeout(timer)
    round++
    if (cameraId.value && options.active.value) void turn(round)
  }

  watch(
    cameraId,
    () => {
      show(null)
      look.value = null
      problem.value = null
      takenAt.value = 0
      restart()
    },
    { immediate: true },
  )
  watch(options.active, restart)

  onScopeDispose(() => {
    clearTimeout(timer)
    round++
    show(null)
  })

  return { url, look, problem, takenAt }
}
