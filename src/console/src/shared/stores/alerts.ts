import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { Alert, CaseMessage, CaseSummary } from '@/shared/api/types'
import { coalesce } from '@/shared/lib/coalesce'
import { listen } from '@/shared/live/bus'
import { alertOfCase } from '@/shared/live/fromCase'
import * as merge from '@/shared/live/merge'
import { groupOf, useGroups } from '@/shared/stores/groups'
import { useOpenCases } from '@/shared/stores/openCases'
import { useSession } from '@/shared/stores/session'

const OPEN_LIMIT = 500
const RECENT_LIMIT = 200
const REDRAW_MS = 60

/** The alert queue; merged from the live stream and from lists, in any order, any number of times. */
export const useAlerts = defineStore('alerts', () => {
  const book = shallowRef(merge.emptyBook())
  const loaded = shallowRef(false)
  const redraw = coalesce(() => {
    merge.forgetSettled(book.value)
    triggerRef(book)
  }, REDRAW_MS)
  /** Decided here and not yet sent: out of the queue, and back in it if that is taken back. */
  const aside = ref(new Set<string>())
  const arrivals = new Set<(alert: Alert) => void>()

  const groups = useGroups()
  const queues = computed(() => merge.queues(book.value))
  const loud = computed(() => inQueue(queues.value.loud))
  const fresh = computed(() => (groups.lasting ? loud.value.filter((alert) => !groupOf(groups.items, alert)) : loud.value))
  /** Those that a storm or an outage brought, by their group. */
  const grouped = computed(() =>
    groups.items
      .map((group) => ({ group, alerts: loud.value.filter((alert) => groupOf(groups.items, alert)?.group_id === group.group_id) }))
      .filter((one) => one.alerts.length > 0),
  )
  const quiet = computed(() => inQueue(queues.value.quiet))
  const confirmed = computed(() => queues.value.confirmed)

  function inQueue(alerts: merge.HeldAlert[]): merge.HeldAlert[] {
    return aside.value.size > 0 ? alerts.filter((alert) => !aside.value.has(alert.case_id)) : alerts
  }

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
    for (const item of recent) if (item.case_state !== 'reported') merge.mergeListed(book.value, item)
    triggerRef(book)
    loaded.value = true
  }

  /** In a flood the list is cut, newest first; an old critical alert must not fall off its end. */
  function takeListed(items: CaseSummary[]): void {
    for (const item of items) {
      if (item.state !== 'reported' || book.value.byCase.has(item.case_id)) continue
      // Decided here since the page was read: the older word of the list is no news.
      if ((book.value.newest.get(item.case_id)?.version ?? 0) > item.version) continue
      merge.mergeListed(book.value, alertOfCase(item))
    }
    redraw()
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
    aside.value.clear()
    loaded.value = false
  }

  useOpenCases().onPage(takeListed)
  listen('alert', take)
  listen('case', takeCase)
  listen('reload', () => {
    if (useSession().can('desk_work')) void load().catch(() => undefined)
  })

  return { fresh, grouped, quiet, confirmed, aside, loaded, book, take, takeCase, load, find, onArrival, clear }
})
