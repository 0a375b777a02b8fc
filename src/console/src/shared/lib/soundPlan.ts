import type { Severity } from '@/shared/api/types'

/** What the speaker plays. */
export type Tone = 'critical' | 'urgent' | 'device'

export interface SoundPlan {
  /** Critical alerts nobody has decided or acknowledged. */
  waiting: Set<string>
  lastToneAt: number
  lastCriticalAt: number
  /** Arrival times of severity 1 and 2 in the flood window. */
  recent: number[]
}

export const REPEAT_MS = 20_000
export const GAP_MS = 5_000
export const FLOOD_WINDOW_MS = 600_000
export const FLOOD_AT = 10

export function emptyPlan(): SoundPlan {
  return { waiting: new Set(), lastToneAt: -Infinity, lastCriticalAt: -Infinity, recent: [] }
}

function play(plan: SoundPlan, tone: Tone, nowMs: number): Tone | null {
  if (nowMs - plan.lastToneAt < GAP_MS) return null
  plan.lastToneAt = nowMs
  if (tone === 'critical') plan.lastCriticalAt = nowMs
  return tone
}

/** How many severity 1 and 2 alerts came in the flood window; more than {@link FLOOD_AT} is a flood. */
export function recentCount(plan: SoundPlan, nowMs: number): number {
  plan.recent = plan.recent.filter((at) => nowMs - at < FLOOD_WINDOW_MS)
  return plan.recent.length
}

export function isFlood(plan: SoundPlan, nowMs: number): boolean {
  return recentCount(plan, nowMs) > FLOOD_AT
}

/** An alert came: critical rings and stays waiting, urgent sounds once, others are silent. */
export function onAlert(plan: SoundPlan, caseId: string, severity: Severity, nowMs: number): Tone | null {
  if (severity > 2) return null
  if (severity === 1) plan.waiting.add(caseId)
  plan.recent.push(nowMs)
  // In a flood the repeating critical tone goes on; single urgent tones would only add noise.
  if (severity === 2 && isFlood(plan, nowMs)) return null
  return play(plan, severity === 1 ? 'critical' : 'urgent', nowMs)
}

export function onDeviceLost(plan: SoundPlan, nowMs: number): Tone | null {
  return play(plan, 'device', nowMs)
}

/** Once a second: the critical tone again, every 20 s while an alert waits. */
export function onTick(plan: SoundPlan, nowMs: number): Tone | null {
  if (plan.waiting.size === 0 || nowMs - plan.lastCriticalAt < REPEAT_MS) return null
  return play(plan, 'critical', nowMs)
}
