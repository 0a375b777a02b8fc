import { defineStore } from 'pinia'
import { shallowRef, triggerRef } from 'vue'
import { claimsApi, type Claim } from '@/shared/api/claims'
import { Problem } from '@/shared/api/client'
import { serverNow } from '@/shared/lib/clock'
import { listen } from '@/shared/live/bus'
import { useSession } from '@/shared/stores/session'

const RENEW_MS = 15_000

/** Who works on which alert; what this desk works on is said again every 15 s until it is let go. */
export const useClaims = defineStore('claims', () => {
  const byCase = shallowRef(new Map<string, Claim>())
  const mine = new Set<string>()
  let timer: ReturnType<typeof setInterval> | undefined

  /** Somebody else's claim on a case, if one holds now. */
  function other(caseId: string): Claim | null {
    const claim = byCase.value.get(caseId)
    const holds = claim && Date.parse(claim.until) > serverNow()
    return holds && claim.username !== useSession().user?.username ? claim : null
  }

  function put(caseId: string, claim: Claim | null): void {
    if (claim) byCase.value.set(caseId, claim)
    else byCase.value.delete(caseId)
    triggerRef(byCase)
  }

  async function load(): Promise<void> {
    byCase.value = new Map((await claimsApi.list()).map((claim) => [claim.case_id, claim]))
  }

  /** Says that this desk works on a case; silent if somebody else does and it is not taken over. */
  async function hold(caseId: string, take = false): Promise<void> {
    mine.add(caseId)
    try {
      const claim = await claimsApi.put(caseId, take)
      if (mine.has(caseId)) put(caseId, claim)
      else await claimsApi.end(caseId)
    } catch (error) {
      mine.delete(caseId)
      if (error instanceof Problem && error.code === 'claimed') await load()
      else if (take) throw error
    }
  }

  function letGo(caseId: string): void {
    if (!mine.delete(caseId)) return
    put(caseId, null)
    void claimsApi.end(caseId).catch(() => undefined)
  }

  function renew(): void {
    void load().catch(() => undefined)
    for (const caseId of mine) void hold(caseId)
  }

  function letAllGo(): void {
    for (const caseId of [...mine]) letGo(caseId)
  }

  function start(): void {
    if (timer) return
    renew()
    timer = setInterval(renew, RENEW_MS)
    window.addEventListener('pagehide', letAllGo)
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
    window.removeEventListener('pagehide', letAllGo)
    letAllGo()
  }

  listen('claim', ({ case_id, claim }) => {
    put(case_id, claim)
    if (claim && claim.username !== useSession().user?.username) mine.delete(case_id)
  })

  return { byCase, other, hold, letGo, start, stop }
})
