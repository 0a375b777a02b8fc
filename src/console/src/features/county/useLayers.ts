import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { clockApi, type DutyNow } from '@/shared/api/clock'
import { sensorApi, type SensorView } from '@/shared/api/sensors'
import { useWords } from '@/shared/i18n/words'
import { listen } from '@/shared/live/bus'
import type { Colour, LayerGroup } from '@/shared/map/style'

const EVERY_MS = 30_000
export const GROUPS: readonly LayerGroup[] = ['cases', 'cameras', 'sensors']

/** What the map shows besides cases and cameras: sensors, and who is on duty by the roster. */
export function useLayers() {
  const { t } = useWords()
  const colour = ref<Colour>('load')
  const hidden = ref<LayerGroup[]>([])
  const showDuty = ref(true)
  const sensors = shallowRef<SensorView[]>([])
  const roster = shallowRef<DutyNow | null>(null)

  const duty = computed<Record<string, string>>(() => {
    if (!showDuty.value || !roster.value) return {}
    return Object.fromEntries(roster.value.grids.map((grid) => [grid.code, `\n${t('layers.on_duty', { n: grid.people.length })}`]))
  })

  function toggle(group: LayerGroup): void {
    hidden.value = hidden.value.includes(group) ? hidden.value.filter((one) => one !== group) : [...hidden.value, group]
  }
  function people(code: string) {
    const grid = roster.value?.grids.find((one) => one.code === code)
    return (grid?.people ?? []).flatMap((index) => roster.value?.people[index] ?? [])
  }
  async function load(): Promise<void> {
    const [found, now] = await Promise.allSettled([sensorApi.list(), clockApi.dutyNow()])
    if (found.status === 'fulfilled') sensors.value = found.value.items
    if (now.status === 'fulfilled') roster.value = now.value
  }

  const stop = listen('reload', () => void load())
  const timer = window.setInterval(() => void load(), EVERY_MS)
  onMounted(() => void load())
  onBeforeUnmount(() => {
    stop()
    window.clearInterval(timer)
  })
  return { colour, hidden, showDuty, sensors, duty, toggle, people }
}
