import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { GridCollection, Taxonomy, User } from '@/shared/api/types'

/** Taxonomy and grids: read once, used everywhere. */
export const useReference = defineStore('reference', () => {
  const taxonomy = ref<Taxonomy | null>(null)
  const grids = ref<GridCollection | null>(null)
  const workers = ref<User[]>([])
  let loading: Promise<unknown> | null = null

  const categories = computed(() => new Map(taxonomy.value?.categories.map((item) => [item.code, item])))
  const gridByCode = computed(
    () => new Map(grids.value?.features.map((feature) => [feature.properties.code, feature.properties])),
  )

  /** Name of a worker in one language; the account name of anybody else. */
  function nameOf(username: string | null, language: 'zh' | 'en'): string {
    const found = workers.value.find((worker) => worker.username === username)
    return (language === 'zh' ? found?.name_zh : found?.name_en) ?? username ?? ''
  }

  /** Reads who cases can be sent to; only the desk may. */
  async function loadWorkers(): Promise<void> {
    workers.value = await api.workers()
  }

  function load(): Promise<unknown> {
    loading ??= Promise.all([
      api.taxonomy().then((found) => (taxonomy.value = found)),
      api.grids().then((found) => (grids.value = found)),
    ]).catch(() => {
      loading = null
    })
    return loading
  }

  return { taxonomy, grids, workers, categories, gridByCode, nameOf, load, loadWorkers }
})
