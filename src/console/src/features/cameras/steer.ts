/** Speeds of a ball camera's head, each in [-1, 1]. */
export interface Speeds {
  pan: number
  tilt: number
  zoom: number
}

const KEYS: Record<string, Partial<Speeds>> = {
  ArrowLeft: { pan: -1 },
  ArrowRight: { pan: 1 },
  ArrowUp: { tilt: 1 },
  ArrowDown: { tilt: -1 },
  '+': { zoom: 1 },
  '=': { zoom: 1 },
  '-': { zoom: -1 },
}

/** Half speed: the picture comes once a second, and a head must not run ahead of it. */
export const SPEED = 0.5
/** A move ends by itself after 1.5 s, so while a key is held it is asked for again. */
export const REPEAT_MS = 700

/** Whether a key steers. */
export function steers(key: string): boolean {
  return key in KEYS
}

/** What the held keys ask for; null when they ask for nothing, or cancel each other out. */
export function speedsOf(held: Iterable<string>): Speeds | null {
  const sum: Speeds = { pan: 0, tilt: 0, zoom: 0 }
  for (const key of held) {
    for (const [axis, value] of Object.entries(KEYS[key] ?? {})) sum[axis as keyof Speeds] += value
  }
  const speeds = {
    pan: Math.sign(sum.pan) * SPEED,
    tilt: Math.sign(sum.tilt) * SPEED,
    zoom: Math.sign(sum.zoom) * SPEED,
  }
  return speeds.pan || speeds.tilt || speeds.zoom ? speeds : null
}

/** Whole seconds until the round goes on by itself. */
export function secondsLeft(resumesAt: string | null, nowMs: number): number {
  return resumesAt ? Math.max(0, Math.ceil((Date.parse(resumesAt) - nowMs) / 1000)) : 0
}
