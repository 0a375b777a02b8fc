/** What a key press asks the desk to do. */
export type DeskCommand =
  | { do: 'next' }
  | { do: 'previous' }
  | { do: 'confirm' }
  | { do: 'reject' }
  | { do: 'reason'; code: number }
  | { do: 'cancel' }
  | { do: 'acknowledge' }
  | { do: 'swap' }
  | { do: 'merge' }
  | { do: 'dispatch' }
  | { do: 'call' }
  | { do: 'undo' }
  | { do: 'take' }
  | { do: 'find' }

export interface KeyPress {
  key: string
  repeat: boolean
  modified: boolean
  /** Where the focus is: typing and other controls keep their own keys. */
  focus: 'text' | 'control' | 'desk'
}

const SIMPLE: Record<string, DeskCommand> = {
  ArrowDown: { do: 'next' },
  j: { do: 'next' },
  ArrowUp: { do: 'previous' },
  k: { do: 'previous' },
  x: { do: 'reject' },
  a: { do: 'acknowledge' },
  v: { do: 'swap' },
  m: { do: 'merge' },
  d: { do: 'dispatch' },
  t: { do: 'call' },
  z: { do: 'undo' },
  o: { do: 'take' },
  '/': { do: 'find' },
}

function reasonCommand(press: KeyPress): DeskCommand | null {
  if (press.key === 'Escape') return { do: 'cancel' }
  return /^[1-9]$/.test(press.key) && !press.repeat ? { do: 'reason', code: Number(press.key) } : null
}

/**
 * The command of a key press, or null if the key is not the desk's.
 *
 * @param choosing Whether reasons or workers are listed; only then do digits mean anything.
 */
export function deskCommand(press: KeyPress, choosing: boolean): DeskCommand | null {
  if (press.modified || press.focus === 'text') return null
  if (choosing) return reasonCommand(press)
  if (press.key === 'Enter') {
    // A held key must not run through the queue, and a focused button keeps its own Enter.
    return press.repeat || press.focus === 'control' ? null : { do: 'confirm' }
  }
  const command = SIMPLE[press.key.length === 1 ? press.key.toLowerCase() : press.key]
  // Only stepping through the queue may be held down.
  if (!command || (press.repeat && command.do !== 'next' && command.do !== 'previous')) return null
  return command
}

/** Where the focus of a key press is. */
export function focusOf(target: EventTarget | null): KeyPress['focus'] {
  if (!(target instanceof HTMLElement)) return 'desk'
  if (target.closest('input, textarea, select, [contenteditable="true"], [role="slider"], [role="menu"]')) return 'text'
  if (target.closest('[data-desk-keys]')) return 'desk'
  return target.closest('button, a, [role="button"]') ? 'control' : 'desk'
}

/** The place in the queue that a step leads to; stays at the ends. */
export function step(ids: string[], current: string | null, by: 1 | -1): string | null {
  if (ids.length === 0) return null
  const at = current ? ids.indexOf(current) : -1
  if (at < 0) return ids[0] ?? null
  return ids[Math.min(ids.length - 1, Math.max(0, at + by))] ?? null
}

/** Who is selected after `gone` has left the queue: the one that takes its place, else the last. */
export function successor(idsBefore: string[], gone: string): string | null {
  const at = idsBefore.indexOf(gone)
  const rest = idsBefore.filter((id) => id !== gone)
  return rest[Math.min(Math.max(at, 0), rest.length - 1)] ?? null
}
