/** Times as the forms show them: of the county's clock (China), whatever clock the browser has. */
const CHINA_MS = 8 * 3600 * 1000

/** `2026-11-24T08:00` of an ISO time, for a date field; empty if it is none. */
export function toField(iso: string): string {
  const at = Date.parse(iso)
  return Number.isNaN(at) ? '' : new Date(at + CHINA_MS).toISOString().slice(0, 16)
}

/** The ISO time of a date field's text. */
export const fromField = (text: string) => (text ? `${text}:00+08:00` : '')

/** Begin and end of `22:00-24:00`; a clock field has no 24:00. */
export function spanOf(hours: string): [string, string] {
  const [begin = '', end = ''] = hours.split('-')
  return [begin, end === '24:00' ? '00:00' : end]
}

export const spanText = (begin: string, end: string) => `${begin}-${end === '00:00' ? '24:00' : end}`
