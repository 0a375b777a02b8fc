import { onBeforeUnmount, ref } from 'vue'

/** Goes round `pages`, one every `everyMs`, until somebody pauses it; a page picked by hand stays its full time. */
export function useRotation<T extends string>(pages: readonly [T, ...T[]], everyMs: number) {
  const page = ref<T>(pages[0])
  const paused = ref(false)
  let timer = 0

  function wind(): void {
    window.clearInterval(timer)
    if (paused.value) return
    timer = window.setInterval(() => {
      page.value = pages[(pages.indexOf(page.value) + 1) % pages.length] ?? pages[0]
    }, everyMs)
  }
  function show(next: T): void {
    page.value = next
    wind()
  }
  function toggle(): void {
    paused.value = !paused.value
    wind()
  }
  wind()
  onBeforeUnmount(() => window.clearInterval(timer))
  return { page, paused, show, toggle }
}
