import type { Component } from 'vue'
import type { Right } from '@/shared/api/types'

type Loader = () => Promise<{ default: Component }>

/** One page: where it is, what somebody needs to open it, and where it is offered. */
export interface Page {
  name: string
  path: string
  /** All of them; the service tells which rights a person has. Nothing: everybody, signed in or not. */
  needs: Right[]
  /** The header, the user menu, or neither. */
  offered?: 'bar' | 'menu'
  props?: boolean | Record<string, unknown>
  load: Loader
}

/** Every page of the console. */
export const PAGES: Page[] = [
  { name: 'desk', path: '/desk', needs: ['desk_work'], offered: 'bar', load: () => import('@/features/desk/DeskPage.vue') },
  { name: 'tasks', path: '/tasks', needs: ['tasks_own'], load: () => import('@/features/tasks/TasksPage.vue') },
  { name: 'users', path: '/users', needs: ['people_set'], offered: 'bar', load: () => import('@/features/users/UsersPage.vue') },
  { name: 'audit', path: '/audit', needs: ['audit_see'], offered: 'bar', load: () => import('@/features/audit/AuditPage.vue') },
  { name: 'wall', path: '/wall', needs: ['wall_see'], offered: 'menu', load: () => import('@/features/wall/WallPage.vue') },
  { name: 'cases', path: '/cases', needs: ['desk_work', 'cases_see'], offered: 'bar', load: () => import('@/features/cases/CasesPage.vue') },
  { name: 'case', path: '/cases/:id', needs: ['desk_work', 'cases_see'], props: true, load: () => import('@/features/cases/CasePage.vue') },
  {
    name: 'cameras',
    path: '/cameras',
    needs: ['cameras_see', 'cameras_steer'],
    offered: 'bar',
    load: () => import('@/features/cameras/CamerasPage.vue'),
  },
  { name: 'zones', path: '/cameras/:id/zones', needs: ['cameras_steer'], props: true, load: () => import('@/features/zones/ZonesPage.vue') },
  {
    name: 'camera-health',
    path: '/cameras/health',
    needs: ['cameras_see', 'cameras_steer'],
    load: () => import('@/features/cameras/HealthPage.vue'),
  },
  {
    name: 'sensors',
    path: '/sensors',
    needs: ['cameras_see', 'reports_see'],
    offered: 'bar',
    load: () => import('@/features/sensors/SensorsPage.vue'),
  },
  { name: 'map', path: '/map', needs: ['cases_see', 'cameras_see'], offered: 'bar', load: () => import('@/features/county/MapPage.vue') },
  { name: 'kpis', path: '/kpis', needs: ['reports_see'], offered: 'bar', load: () => import('@/features/kpis/KpisPage.vue') },
  { name: 'rosters', path: '/rosters', needs: ['cases_see'], offered: 'menu', load: () => import('@/features/rosters/RostersPage.vue') },
  { name: 'handover', path: '/handover', needs: ['desk_work'], offered: 'menu', load: () => import('@/features/handover/HandoverPage.vue') },
  { name: 'modes', path: '/modes', needs: ['desk_work'], offered: 'menu', load: () => import('@/features/modes/ModesPage.vue') },
  {
    name: 'precision',
    path: '/precision',
    needs: ['reports_see', 'cameras_see'],
    offered: 'menu',
    load: () => import('@/features/precision/PrecisionPage.vue'),
  },
  { name: 'ledger', path: '/ledger', needs: ['reports_see'], offered: 'menu', load: () => import('@/features/ledger/LedgerPage.vue') },
  { name: 'replay', path: '/replay', needs: ['people_set'], offered: 'menu', load: () => import('@/features/replay/ReplayPage.vue') },
  { name: 'contract', path: '/contract', needs: ['topics_see'], offered: 'menu', load: () => import('@/features/contract/ContractPage.vue') },
  { name: 'docs', path: '/docs', needs: ['topics_see'], offered: 'menu', load: () => import('@/features/docs/DocsPage.vue') },
  { name: 'account', path: '/account', needs: ['self'], offered: 'menu', load: () => import('@/features/account/AccountPage.vue') },
  {
    name: 'worker-report',
    path: '/tasks/report',
    needs: ['tasks_own'],
    props: { worker: true },
    load: () => import('@/features/report/ReportPage.vue'),
  },
  { name: 'report', path: '/report', needs: [], load: () => import('@/features/report/ReportPage.vue') },
  { name: 'login', path: '/login', needs: [], load: () => import('@/features/auth/LoginPage.vue') },
]

/** The first of these that somebody may open is theirs after signing in. */
const HOMES = ['desk', 'tasks', 'users', 'audit', 'wall', 'account']

/** Whether somebody with these rights may open a page. */
export function mayOpen(page: Page, rights: readonly Right[]): boolean {
  return page.needs.every((right) => rights.includes(right))
}

/** The pages that are offered in one place. */
export function offered(where: 'bar' | 'menu', rights: readonly Right[]): Page[] {
  return PAGES.filter((page) => page.offered === where && mayOpen(page, rights))
}

/** Where somebody goes after signing in. */
export function homeOf(rights: readonly Right[]): string {
  const page = HOMES.map((name) => PAGES.find((item) => item.name === name)).find((item) => item && mayOpen(item, rights))
  return page?.path ?? '/login'
}
