import { onScopeDispose, readonly, ref } from 'vue'

/** Difference server - browser, milliseconds; a desk whose clock is wrong still shows true ages. */
let offsetMs = 0
const current = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** Learns the server's clock from a `Date` header (whole seconds); small differences are noise. */
export function adjustClock(header: string | null): void {
  const server = header ? Date.parse(header) : Number.NaN
  if (Number.isNaN(server)) return
  const difference = server + 500 - Date.now()
  if (Math.abs(difference - offsetMs) > 1500) offsetMs = Math.abs(difference) > 1500 ? difference : 0
}

/** Server time now, milliseconds. */
export function serverNow(): number {
  return Date.now() + offsetMs
}

/** Server time as a value that ticks once a second while a component uses it. */
export function useNow() {
  if (users++ === 0) {
    current.value = serverNow()
    timer = setInterval(() => (current.value = serverNow()), 1000)
  }
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer)
  })
  return readonly(current)
}
