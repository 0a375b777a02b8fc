const ZONE = 'Asia/Shanghai'

const clock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: ZONE,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const day = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, month: '2-digit', day: '2-digit' })
const date = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' })

/** `14:03:22`, county time. */
export function clockText(iso: string | number): string {
  return clock.format(new Date(iso))
}

/** `14:03` today, `11-22 14:03` on another day; county time. */
export function shortTime(iso: string, nowMs: number): string {
  const at = new Date(iso)
  const text = clock.format(at).slice(0, 5)
  return date.format(at) === date.format(nowMs) ? text : `${day.format(at)} ${text}`
}

/** `2026-11-23 14:03:22`, county time. */
export function fullTime(iso: string | number): string {
  return `${date.format(new Date(iso))} ${clockText(iso)}`
}

export interface Span {
  key: 'seconds' | 'minutes' | 'hours' | 'days'
  n: number
  m: number
}

/** A length of time in its two largest fitting units; `n` of `key`, `m` of the unit below. */
export function span(ms: number): Span {
  const s = Math.max(0, Math.floor(Math.abs(ms) / 1000))
  if (s < 60) return { key: 'seconds', n: s, m: 0 }
  if (s < 3600) return { key: 'minutes', n: Math.floor(s / 60), m: s % 60 }
  if (s < 86_400) return { key: 'hours', n: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) }
  return { key: 'days', n: Math.floor(s / 86_400), m: Math.floor((s % 86_400) / 3600) }
}
