import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { GridCollection, Taxonomy } from '@/shared/api/types'

/** Taxonomy and grids: read once, used everywhere. */
export const useReference = defineStore('reference', () => {
  const taxonomy = ref<Taxonomy | null>(null)
  const grids = ref<GridCollection | null>(null)
  let loading: Promise<unknown> | null = null

  const categories = computed(() => new Map(taxonomy.value?.categories.map((item) => [item.code, item])))
  const gridByCode = computed(
    () => new Map(grids.value?.features.map((feature) => [feature.properties.code, feature.properties])),
  )

  function load(): Promise<unknown> {
    loading ??= Promise.all([
      api.taxonomy().then((found) => (taxonomy.value = found)),
      api.grids().then((found) => (grids.value = found)),
    ]).catch(() => {
      loading = null
    })
    return loading
  }

  return { taxonomy, grids, categories, gridByCode, load }
})
