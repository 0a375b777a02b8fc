import { defineStore } from 'pinia'
import { computed, shallowRef, triggerRef } from 'vue'
import { api } from '@/shared/api/endpoints'
import type { CaseMessage, CaseState, CaseSummary, Severity } from '@/shared/api/types'
import { isFinal } from '@/shared/lib/due'
import { coalesce } from '@/shared/lib/coalesce'
import { listen } from '@/shared/live/bus'
import { useReference } from './reference'
import { useSession } from './session'

/** What the map and the deadline list need of a case. */
export interface OpenCase {
  case_id: string
  version: number
  state: CaseState
  severity: Severity
  title_zh: string
  title_en: string
  grid_code: string | null
  lon: number
  lat: number
  due_at: string | null
  filed_at: string | null
  holder: string | null
  holder_name_zh: string
  holder_name_en: string
}

export const OPEN_STATES: CaseState[] = [
  'reported',
  'pending_verify',
  'pending_filing',
  'filed',
  'pending_dispatch',
  'dispatched',
  'accepted',
  'arrived',
  'protected',
  'handling',
  'waiting_extension',
  'suspended',
  'rework',
  'reopened',
  'handled',
  'checked',
]
const LIMIT = 500
const REDRAW_MS = 250
const MOST_PAGES = 60

function ofSummary(item: CaseSummary): OpenCase {
  return { ...item, lon: item.place.lon, lat: item.place.lat }
}

function ofMessage(message: CaseMessage, held: OpenCase | undefined): OpenCase {
  const reference = useReference()
  const sameHolder = held?.holder === message.holder
  return {
    ...message,
    lon: message.place.lon,
    lat: message.place.lat,
    filed_at: held?.filed_at ?? (message.state === 'filed' ? message.changed_at : null),
    holder_name_zh: sameHolder ? held.holder_name_zh : reference.nameOf(message.holder, 'zh'),
    holder_name_en: sameHolder ? held.holder_name_en : reference.nameOf(message.holder, 'en'),
  }
}

/** Cases that still need somebody, newest version of each. */
export const useOpenCases = defineStore('openCases', () => {
  const known = shallowRef(new Map<string, OpenCase>())
  const redraw = coalesce(() => { triggerRef(known) }, REDRAW_MS)
  const heardAt = new Map<string, number>()
  let heard = 0
  const readers = new Set<(items: CaseSummary[]) => void>()
  const list = computed(() => [...known.value.values()].filter((item) => !isFinal(item.state)))

  function put(item: OpenCase): void {
    const held = known.value.get(item.case_id)
    if (held && held.version > item.version) return
    known.value.set(item.case_id, item)
  }

  /** Drops what a complete list lacks, except what was heard of after the list was asked for. */
  function dropUnlisted(listed: Set<string>, askedAt: number): void {
    for (const caseId of known.value.keys()) {
      if (!listed.has(caseId) && (heardAt.get(caseId) ?? 0) <= askedAt) known.value.delete(caseId)
    }
  }

  function take(message: CaseMessage): void {
    const held = known.value.get(message.case_id)
    if (held && held.version >= message.version) return
    heardAt.set(message.case_id, ++heard)
    put(ofMessage(message, held))
    redraw()
  }

  async function load(): Promise<void> {
    const askedAt = heard
    const listed = new Set<string>()
    let before = ''
    for (let page = 0; page < MOST_PAGES; page++) {
      const { items, next } = await api.cases({ state: OPEN_STATES, limit: LIMIT, before })
      for (const item of items) {
        listed.add(item.case_id)
        put(ofSummary(item))
      }
      for (const read of readers) read(items)
      redraw()
      before = next ?? ''
      if (!next) break
    }
    if (before) return // Too many to read all: the list does not tell what is no longer open.
    dropUnlisted(listed, askedAt)
    triggerRef(known)
  }

  /** Calls `read` with every page of open cases that is loaded: what others need of them is not asked for twice. */
  function onPage(read: (items: CaseSummary[]) => void): void {
    readers.add(read)
  }

  listen('case', take)
  listen('reload', () => {
    if (useSession().can('desk_work')) void load().catch(() => undefined)
  })

  return { list, load, take, onPage }
})
