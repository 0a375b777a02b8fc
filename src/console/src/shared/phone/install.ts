/** Has the page itself kept on the phone, so that it opens without a network; data is not kept there. */
export function keepPage(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  navigator.serviceWorker.register('/sw.js').catch(() => undefined)
}
