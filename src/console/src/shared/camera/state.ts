import type { Camera } from '@/shared/api/types'

/** Whether the camera does its work: it shows what is there, or is just turning to its next view. */
export function isFine(camera: Camera): boolean {
  const name = camera.state.state
  return name === 'live' || (name === 'not_judged' && camera.kind === 'ball')
}
