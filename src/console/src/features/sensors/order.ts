import type { SensorState, SensorView } from '@/shared/api/sensors'

/** What needs somebody first; sensors that are fine come last. */
export const STATES: readonly SensorState[] = ['alarm', 'silent', 'doubtful', 'waiting', 'normal']

const CHIPS: Record<SensorState, string> = {
  alarm: 'bad',
  silent: 'warn',
  doubtful: 'warn',
  waiting: 'info',
  normal: 'ok',
}

export const chipOf = (state: SensorState): string => CHIPS[state]

/** The sensors of a state (or all), the urgent ones first, then those longest in their state. */
export function ordered(items: readonly SensorView[], only: SensorState | null): SensorView[] {
  const shown = only ? items.filter((item) => item.state === only) : [...items]
  return shown.sort(
    (a, b) =>
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      (a.since ?? '').localeCompare(b.since ?? '') ||
      a.sensor_id.localeCompare(b.sensor_id),
  )
}

/** A value as it is read out: four digits are enough, and no unit stands alone. */
export function readingText(item: Pick<SensorView, 'value' | 'unit'>): string {
  if (item.value === null) return ''
  return `${Number(item.value.toPrecision(4))} ${item.unit}`.trim()
}
