/**
 * Makes many calls few: the first runs at once, the next ones together after `ms`.
 *
 * In a storm of messages the screen is then drawn at a steady pace, and a single message still
 * shows without any delay.
 */
export function coalesce(action: () => void, ms: number): () => void {
  let last = -Infinity
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = () => {
    timer = undefined
    last = Date.now()
    action()
  }
  return () => {
    if (timer !== undefined) return
    const wait = last + ms - Date.now()
    if (wait <= 0) run()
    else timer = setTimeout(run, wait)
  }
}
