import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { homeOf, mayOpen, offered, PAGES } from '@/app/pages'
import { makeRouter } from '@/app/router'
import { texts } from '@/shared/i18n'
import type { Me, Right, Role } from '@/shared/api/types'
import granted from './rights.json'

/** Written by the service's own table of rights; a test of the service holds it to that table. */
const RIGHTS = granted as Record<Role, Right[]>
const ROLES = Object.keys(RIGHTS) as Role[]
const OPEN = ['report', 'login']

/** Every page and who may open it, written down once more: changing it means changing it here too. */
const EXPECTED: Record<Role, string[]> = {
  operator: ['desk', 'handover', 'wall', 'cases', 'case', 'cameras', 'zones', 'camera-health', 'sensors', 'map', 'kpis', 'rosters', 'modes', 'precision', 'ledger', 'contract', 'docs', 'account'],
  supervisor: ['desk', 'handover', 'wall', 'cases', 'case', 'cameras', 'zones', 'camera-health', 'sensors', 'map', 'kpis', 'rosters', 'modes', 'precision', 'ledger', 'contract', 'docs', 'account'],
  worker: ['tasks', 'rosters', 'account', 'worker-report'],
  admin: ['users', 'cameras', 'zones', 'camera-health', 'sensors', 'kpis', 'precision', 'ledger', 'replay', 'contract', 'docs', 'account'],
  auditor: ['audit', 'kpis', 'ledger', 'account'],
  wall: ['wall', 'account'],
}

function signInAs(role: Role, mustChange = false): void {
  const user: Partial<Me> = { username: 'somebody', role, rights: RIGHTS[role], must_change: mustChange, grid_codes: [], detail_roles: [] }
  const answer = () => Promise.resolve(new Response(JSON.stringify({ user }), { headers: { 'Content-Type': 'application/json' } }))
  vi.stubGlobal('fetch', vi.fn(answer))
}

describe('pages and roles', () => {
  beforeEach(() => setActivePinia(createPinia()))

  it.each(ROLES)('%s opens these pages and no other', (role) => {
    const open = PAGES.filter((page) => !OPEN.includes(page.name) && mayOpen(page, RIGHTS[role])).map((page) => page.name)
    expect(open.sort()).toEqual([...EXPECTED[role]].sort())
  })

  it.each(ROLES)('%s is offered only what opens, each with its words', (role) => {
    for (const where of ['bar', 'menu'] as const) {
      for (const page of offered(where, RIGHTS[role])) {
        expect(EXPECTED[role]).toContain(page.name)
        const words = (where === 'bar' ? texts.zh.nav : texts.zh.page) as Record<string, string>
        expect(words[page.name]).toBeTruthy()
      }
    }
  })

  it.each(ROLES)('%s walks every page: what is theirs opens, all else leads home', async (role) => {
    signInAs(role)
    for (const page of PAGES) page.load = () => Promise.resolve({ default: { render: () => null } })
    const router = makeRouter()
    for (const page of PAGES.filter((item) => !OPEN.includes(item.name))) {
      await router.push(page.path.replace(':id', 'one'))
      const theirs = EXPECTED[role].includes(page.name)
      expect([page.name, router.currentRoute.value.path]).toEqual([page.name, theirs ? page.path.replace(':id', 'one') : homeOf(RIGHTS[role])])
    }
  })

  it('a temporary password leads to its change from everywhere but the public page', async () => {
    signInAs('operator', true)
    const router = makeRouter()
    for (const path of ['/desk', '/', '/kpis', '/cases/one']) {
      await router.push(path)
      expect(router.currentRoute.value.name).toBe('account')
    }
  })

  it('no case page is open to who makes accounts, none at all to nobody', () => {
    const cases = PAGES.filter((page) => ['cases', 'case', 'map', 'desk'].includes(page.name))
    expect(cases.length).toBe(4)
    expect(cases.some((page) => mayOpen(page, RIGHTS.admin))).toBe(false)
    expect(PAGES.filter((page) => mayOpen(page, [])).map((page) => page.name).sort()).toEqual(['login', 'report'])
  })
})
