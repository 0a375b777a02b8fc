import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/shared/api/endpoints'
import { Problem } from '@/shared/api/client'
import type { User } from '@/shared/api/types'
import { recall, remember } from '@/shared/lib/memory'

export const useSession = defineStore('session', () => {
  const user = ref<User | null>(null)
  let asked: Promise<void> | null = null

  /** Whether this user works at the desk; only the desk may read alerts. */
  const isDesk = computed(() => user.value !== null && user.value.role !== 'worker')
  const home = computed(() => (user.value?.role === 'worker' ? '/tasks' : '/desk'))

  /** Asks once who is signed in; not being signed in is no error. */
  function restore(): Promise<void> {
    asked ??= api
      .me()
      .then((found) => {
        user.value = found
      })
      .catch((error: unknown) => {
        if (!(error instanceof Problem && error.status === 401)) asked = null
      })
    return asked
  }

  /** Whether this browser has never signed in, so that asking would only be refused. */
  function isStranger(): boolean {
    return user.value === null && recall('signed_in') !== 'yes'
  }

  async function signIn(username: string, password: string): Promise<void> {
    user.value = await api.signIn(username, password)
    remember('signed_in', 'yes')
  }

  /** Forgets the user on this screen; the service already has, or is told by {@link signOut}. */
  function forget(): void {
    user.value = null
    remember('signed_in', 'no')
  }

  async function signOut(): Promise<void> {
    await api.signOut().catch(() => undefined)
    forget()
  }

  return { user, isDesk, home, isStranger, restore, signIn, signOut, forget }
})
