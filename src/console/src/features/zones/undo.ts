import { computed, shallowRef } from 'vue'

const DEPTH = 100

/** A value with its past and future; values are never changed in place. */
export function useUndo<T>(first: T) {
  const now = shallowRef(first)
  const past = shallowRef<T[]>([])
  const future = shallowRef<T[]>([])

  /** Goes to a new value that undo leads back from. */
  function change(next: T): void {
    if (next === now.value) return
    past.value = [...past.value, now.value].slice(-DEPTH)
    future.value = []
    now.value = next
  }

  /** Shows a value on the way to another, as while a corner is dragged; {@link settle} ends it. */
  function show(next: T): void {
    now.value = next
  }

  /** Makes everything shown since `before` one step. */
  function settle(before: T): void {
    if (now.value === before) return
    past.value = [...past.value, before].slice(-DEPTH)
    future.value = []
  }

  function undo(): void {
    const last = past.value.at(-1)
    if (last === undefined) return
    past.value = past.value.slice(0, -1)
    future.value = [now.value, ...future.value]
    now.value = last
  }

  function redo(): void {
    const [next, ...rest] = future.value
    if (next === undefined) return
    past.value = [...past.value, now.value]
    future.value = rest
    now.value = next
  }

  /** Begins anew, with no past. */
  function reset(value: T): void {
    past.value = []
    future.value = []
    now.value = value
  }

  const canUndo = computed(() => past.value.length > 0)
  const canRedo = computed(() => future.value.length > 0)
  return { now, change, show, settle, undo, redo, reset, canUndo, canRedo }
}
