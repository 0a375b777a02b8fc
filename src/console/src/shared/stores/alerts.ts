import { defineStore } from 'pinia'
import { computed, shallowRef, triggerRef } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { Alert, CaseMessage } from '@/shared/api/types'
import { coalesce } from '@/shared/lib/coalesce'
import { listen } from '@/shared/live/bus'
import { alertOfCase } from '@/shared/live/fromCase'
import * as merge from '@/shared/live/merge'
import { groupOf, useGroups } from '@/shared/stores/groups'
import { useSession } from '@/shared/stores/session'

const OPEN_LIMIT = 500
const RECENT_LIMIT = 200
const REDRAW_MS = 60
const MOST_PAGES = 20

/** The alert queue; merged from the live stream and from lists, in any order, any number of times. */
export const useAlerts = defineStore('alerts', () => {
  const book = shallowRef(merge.emptyBook())
  const loaded = shallowRef(false)
  const redraw = coalesce(() => { triggerRef(book) }, REDRAW_MS)
  const arrivals = new Set<(alert: Alert) => void>()

  const groups = useGroups()
  const loud = computed(() => merge.newAlerts(book.value))
  const fresh = computed(() => loud.value.filter((alert) => !groupOf(groups.items, alert)))
  /** Those that a storm or an outage brought, by their group. */
  const grouped = computed(() =>
    groups.items
      .map((group) => ({ group, alerts: loud.value.filter((alert) => groupOf(groups.items, alert)?.group_id === group.group_id) }))
      .filter((one) => one.alerts.length > 0),
  )
  const quiet = computed(() => merge.quietAlerts(book.value))
  const confirmed = computed(() => merge.confirmedAlerts(book.value))

  function take(alert: Alert): void {
    const held = merge.mergeAlert(book.value, alert)
    if (!held) return
    redraw()
    groups.soon()
    const quietly = merge.isQuiet(held) || groupOf(groups.items, held) !== null
    if (alert.change === 'opened' && merge.isNew(held) && !quietly) for (const tell of arrivals) tell(held)
  }

  function takeCase(change: Pick<CaseMessage, 'case_id' | 'version' | 'state'>): void {
    if (merge.mergeCaseState(book.value, change)) redraw()
  }

  async function load(): Promise<void> {
    const askedAt = book.value.seq
    const [open, recent] = await Promise.all([api.alerts(true, OPEN_LIMIT), api.alerts(false, RECENT_LIMIT)])
    merge.mergeOpenList(book.value, open, askedAt, OPEN_LIMIT)
    for (const item of recent) if (!merge.isNew(item)) merge.mergeListed(book.value, item)
    triggerRef(book)
    if (open.length >= OPEN_LIMIT) await loadBeyond()
    loaded.value = true
  }

  /** In a flood the list is cut, newest first; an old critical alert must not fall off its end. */
  async function loadBeyond(): Promise<void> {
    let before = ''
    for (let page = 0; page < MOST_PAGES; page++) {
      const { items, next } = await api.cases({ state: ['reported'], limit: OPEN_LIMIT, before })
      for (const item of items) if (!book.value.byCase.has(item.case_id)) merge.mergeListed(book.value, alertOfCase(item))
      triggerRef(book)
      if (!next) return
      before = next
    }
  }

  function find(caseId: string): merge.HeldAlert | undefined {
    return book.value.byCase.get(caseId)
  }

  /** Calls `tell` for every alert that newly opens and is not quiet; returns how to stop. */
  function onArrival(tell: (alert: Alert) => void): () => void {
    arrivals.add(tell)
    return () => {
      arrivals.delete(tell)
    }
  }

  function clear(): void {
    book.value = merge.emptyBook()
    loaded.value = false
  }

  listen('alert', take)
  listen('case', takeCase)
  listen('reload', () => {
    if (useSession().can('desk_work')) void load().catch(() => undefined)
  })

  return { fresh, grouped, quiet, confirmed, loaded, book, take, takeCase, load, find, onArrival, clear }
})
