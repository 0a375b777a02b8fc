import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/shared/api/endpoints'
import { Problem } from '@/shared/api/client'
import type { Me, Right } from '@/shared/api/types'
import { recall, remember } from '@/shared/lib/memory'
import { forgetOwner, keepOwner, keptOwner } from '@/shared/phone/owner'
import { forgetAll, forgetSeen } from '@/shared/phone/store'

export const useSession = defineStore('session', () => {
  const user = ref<Me | null>(null)
  let asked: Promise<void> | null = null

  /** What the service lets this person do. */
  const rights = computed<readonly Right[]>(() => user.value?.rights ?? [])
  const can = (right: Right) => rights.value.includes(right)

  /** Asks once who is signed in; not being signed in is no error. */
  function restore(): Promise<void> {
    asked ??= api
      .me()
      .then((found) => {
        user.value = found
        keepOwner(found)
        remember('signed_in', 'yes')
      })
      .catch((error: unknown) => {
        if (error instanceof Problem && error.status === 401) return
        asked = null
        // A worker's phone opens without a network; the service is asked again with every request.
        if (error instanceof Problem && error.status === 0) user.value ??= keptOwner()
      })
    return asked
  }

  /** Whether this browser has never signed in, so that asking would only be refused. */
  function isStranger(): boolean {
    return user.value === null && recall('signed_in') !== 'yes'
  }

  async function signIn(username: string, password: string): Promise<void> {
    user.value = await api.signIn(username, password)
    keepOwner(user.value)
    remember('signed_in', 'yes')
  }

  /** Every other session of this person ends with the old password. */
  async function changePassword(current: string, next: string): Promise<void> {
    user.value = await api.changePassword(current, next)
  }

  /** Forgets the user on this screen; the service already has, or is told by {@link signOut}. */
  function forget(): void {
    if (user.value?.rights.includes('tasks_own')) void forgetSeen(user.value.username).catch(() => undefined)
    forgetOwner()
    user.value = null
    remember('signed_in', 'no')
  }

  async function signOut(): Promise<void> {
    const own = user.value?.rights.includes('tasks_own') ? user.value.username : null
    await api.signOut().catch(() => undefined)
    forget()
    if (own) await forgetAll(own).catch(() => undefined)
  }

  return { user, rights, can, isStranger, restore, signIn, signOut, changePassword, forget }
})
