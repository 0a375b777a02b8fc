import type { ClaimEvent } from '@/shared/api/claims'
import type { FaultMessage } from '@/shared/api/cameraHealth'
import type { Alert, CameraStateMessage, CaseMessage, TaskMessage } from '@/shared/api/types'

/** What can be heard on the live stream, as the screens know it. */
export interface LiveMessages {
  alert: Alert
  case: CaseMessage
  task: TaskMessage
  camera: CameraStateMessage
  fault: FaultMessage
  /** Who works on a case now, or nobody any more. */
  claim: ClaimEvent
  /** The wall's numbers have changed: a wall is told no more. */
  wall: Record<string, never>
  /** Messages may have been missed: read by REST again. */
  reload: null
}

type Handler<K extends keyof LiveMessages> = (message: LiveMessages[K]) => void

const handlers: { [K in keyof LiveMessages]: Set<Handler<K>> } = {
  alert: new Set(),
  case: new Set(),
  task: new Set(),
  camera: new Set(),
  fault: new Set(),
  claim: new Set(),
  wall: new Set(),
  reload: new Set(),
}

/** Listens; returns how to stop listening. */
export function listen<K extends keyof LiveMessages>(name: K, handler: Handler<K>): () => void {
  handlers[name].add(handler)
  return () => {
    handlers[name].delete(handler)
  }
}

export function announce<K extends keyof LiveMessages>(name: K, message: LiveMessages[K]): void {
  for (const handler of handlers[name]) handler(message)
}
