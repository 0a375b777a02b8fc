import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { Camera, CameraState, CameraStateMessage } from '@/shared/api/types'
import { listen } from '@/shared/live/bus'

export const useCameras = defineStore('cameras', () => {
  const byId = ref(new Map<string, Camera>())
  const loaded = ref(false)
  const changes = new Set<(camera: Camera) => void>()

  const list = computed(() => [...byId.value.values()])

  /** The newer of two states; lists and messages may arrive in any order. */
  function newer(held: CameraState | undefined, next: CameraState): CameraState {
    const at = (state: CameraState | undefined) => (state?.at ? Date.parse(state.at) : 0)
    return held && at(held) > at(next) ? held : next
  }

  async function load(): Promise<void> {
    const items = await api.cameras()
    byId.value = new Map(
      items.map((camera) => {
        const held = byId.value.get(camera.camera_id)
        return [camera.camera_id, { ...camera, state: newer(held?.state, camera.state) }]
      }),
    )
    loaded.value = true
  }

  function take(state: CameraStateMessage): void {
    const camera = byId.value.get(state.camera_id)
    if (!camera) return
    const before = camera.state
    const now = newer(before, state)
    if (now === before) return
    camera.state = now
    if (before.state !== now.state) for (const tell of changes) tell(camera)
  }

  /** Calls `tell` whenever a camera's state becomes another one; returns how to stop. */
  function onChange(tell: (camera: Camera) => void): () => void {
    changes.add(tell)
    return () => {
      changes.delete(tell)
    }
  }

  listen('camera', take)
  listen('reload', () => void load().catch(() => undefined))

  return { byId, list, loaded, load, take, onChange }
})
