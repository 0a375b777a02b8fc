import type { Me } from '@/shared/api/types'
import { recall, remember } from '@/shared/lib/memory'

const NAME = 'phone_owner'

/** Remembers who uses this phone while they are signed in, so that it opens without a network; workers only. */
export function keepOwner(me: Me): void {
  remember(NAME, me.rights.includes('tasks_own') && !me.must_change ? JSON.stringify(me) : '')
}

export function forgetOwner(): void {
  remember(NAME, '')
}

/** The worker who is signed in on this phone, as last told by the service; null if there is none. */
export function keptOwner(): Me | null {
  const text = recall(NAME)
  if (!text) return null
  try {
    return JSON.parse(text) as Me
  } catch {
    return null
  }
}
