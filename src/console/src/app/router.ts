import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router'
import type { Role } from '@/shared/api/types'
import { useSession } from '@/shared/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Roles that may open the page; without it everybody may, signed in or not. */
    roles?: Role[]
  }
}

const DUTY: Role[] = ['operator', 'supervisor']
const DESK: Role[] = [...DUTY, 'admin']

/** Where a visitor is sent instead, or true to let them in. */
async function gate(to: RouteLocationNormalized) {
  const session = useSession()
  const front = to.redirectedFrom?.path === '/' || to.name === 'login'
  if (!(front && session.isStranger())) await session.restore()
  if (!to.meta.roles) return to.name === 'login' && session.user ? session.home : true
  if (!session.user) return { name: 'login', query: to.fullPath === '/' ? {} : { then: to.fullPath } }
  return to.meta.roles.includes(session.user.role) ? true : session.home
}

export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', redirect: () => useSession().home },
      { path: '/login', name: 'login', component: () => import('@/features/auth/LoginPage.vue') },
      { path: '/desk', name: 'desk', meta: { roles: DESK }, component: () => import('@/features/desk/DeskPage.vue') },
      { path: '/cases', name: 'cases', meta: { roles: DESK }, component: () => import('@/features/cases/CasesPage.vue') },
      {
        path: '/cases/:id',
        name: 'case',
        meta: { roles: DESK },
        props: true,
        component: () => import('@/features/cases/CasePage.vue'),
      },
      {
        path: '/cameras',
        name: 'cameras',
        meta: { roles: DESK },
        component: () => import('@/features/cameras/CamerasPage.vue'),
      },
      {
        path: '/cameras/:id/zones',
        name: 'zones',
        meta: { roles: DESK },
        props: true,
        component: () => import('@/features/zones/ZonesPage.vue'),
      },
      {
        path: '/cameras/health',
        name: 'camera-health',
        meta: { roles: DESK },
        component: () => import('@/features/cameras/HealthPage.vue'),
      },
      {
        path: '/sensors',
        name: 'sensors',
        meta: { roles: DESK },
        component: () => import('@/features/sensors/SensorsPage.vue'),
      },
      {
        path: '/precision',
        name: 'precision',
        meta: { roles: DESK },
        component: () => import('@/features/precision/PrecisionPage.vue'),
      },
      {
        path: '/ledger',
        name: 'ledger',
        meta: { roles: DESK },
        component: () => import('@/features/ledger/LedgerPage.vue'),
      },
      {
        path: '/replay',
        name: 'replay',
        meta: { roles: ['admin'] },
        component: () => import('@/features/replay/ReplayPage.vue'),
      },
      {
        path: '/contract',
        name: 'contract',
        meta: { roles: DESK },
        component: () => import('@/features/contract/ContractPage.vue'),
      },
      {
        path: '/rosters',
        name: 'rosters',
        meta: { roles: [...DUTY, 'worker'] },
        component: () => import('@/features/rosters/RostersPage.vue'),
      },
      { path: '/modes', name: 'modes', meta: { roles: DUTY }, component: () => import('@/features/modes/ModesPage.vue') },
      { path: '/map', name: 'map', meta: { roles: DESK }, component: () => import('@/features/county/MapPage.vue') },
      {
        path: '/tasks',
        name: 'tasks',
        meta: { roles: ['worker'] },
        component: () => import('@/features/tasks/TasksPage.vue'),
      },
      { path: '/report', name: 'report', component: () => import('@/features/report/ReportPage.vue') },
      {
        path: '/tasks/report',
        name: 'worker-report',
        meta: { roles: ['worker'] },
        props: { worker: true },
        component: () => import('@/features/report/ReportPage.vue'),
      },
      { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./NowherePage.vue') },
    ],
  })
  router.beforeEach(gate)
  return router
}
