import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import type { Camera } from '@/shared/api/types'
import { useLivePicture } from '@/shared/camera/useLivePicture'

/**
 * The newest picture of one view. A ball camera looks elsewhere most of the time, so the last picture
 * it took of this view is kept and shown meanwhile.
 */
export function useViewPicture(camera: Ref<Camera | null>, view: Ref<string>) {
  const cameraId = computed(() => camera.value?.camera_id ?? null)
  const live = useLivePicture(cameraId, {
    width: 1280,
    everyMs: 1500,
    withLook: ref(true),
    active: computed(() => camera.value?.state.state !== 'off'),
  })
  const kept = ref(new Map<string, string>())
  const isBall = computed(() => camera.value?.kind === 'ball')
  const isHere = computed(() => !isBall.value || live.look.value?.view_id === view.value)

  async function keep(url: string, viewId: string): Promise<void> {
    const blob = await fetch(url).then((response) => response.blob()).catch(() => null)
    if (!blob) return
    const before = kept.value.get(viewId)
    kept.value.set(viewId, URL.createObjectURL(blob))
    if (before) URL.revokeObjectURL(before)
  }

  watch(
    live.look,
    (look) => {
      if (isBall.value && look?.judged && live.url.value) void keep(live.url.value, look.view_id)
    },
    { flush: 'sync' },
  )
  onScopeDispose(() => {
    for (const url of kept.value.values()) URL.revokeObjectURL(url)
  })

  const url = computed(() => (isBall.value ? (kept.value.get(view.value) ?? null) : live.url.value))
  return { url, isHere, problem: live.problem }
}
