import type { Camera } from '@/shared/api/types'

/** Whether the camera does its work: it shows what is there, or is just turning to its next view. */
export function isFine(camera: Camera): boolean {
  return camera.state.state === 'live' || camera.state.state === 'not_judged'
}
