import { computed, onBeforeUnmount, onMounted, ref } from 'vue'
import { mergesApi, type Question } from '@/shared/api/merges'
import { coalesce } from '@/shared/lib/coalesce'
import { listen } from '@/shared/live/bus'

const SETTLE_MS = 1500
const AGAIN_MS = 30_000

/** Questions whether two cases are one fact: read again when cases change, answered one at a time. */
export function useQuestions() {
  const items = ref<Question[]>([])
  const busy = ref(false)
  const first = computed(() => items.value[0] ?? null)

  async function load(): Promise<void> {
    items.value = await mergesApi.questions()
  }

  const soon = coalesce(() => void load().catch(() => undefined), SETTLE_MS)

  /** The case that both are now, or null if they stay two; throws what the service refused. */
  async function answer(same: boolean): Promise<string | null | undefined> {
    const question = first.value
    if (!question || busy.value) return undefined
    busy.value = true
    try {
      const done = await mergesApi.answer(question.question_id, same)
      items.value = items.value.filter((item) => item.question_id !== question.question_id)
      return done.case_id
    } finally {
      busy.value = false
      soon()
    }
  }

  let timer = 0
  onMounted(() => {
    soon()
    timer = window.setInterval(soon, AGAIN_MS)
  })
  const stop = [listen('alert', soon), listen('case', soon), listen('reload', soon)]
  onBeforeUnmount(() => {
    window.clearInterval(timer)
    stop.forEach((end) => { end() })
  })
  return { items, first, busy, answer }
}
