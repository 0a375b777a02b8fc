import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router'
import { useSession } from '@/shared/stores/session'
import { homeOf, mayOpen, PAGES, type Page } from './pages'

declare module 'vue-router' {
  interface RouteMeta {
    /** The page's line in the table of pages; none for what leads nowhere. */
    page?: Page
  }
}

/** Where somebody with a temporary password may be: they set their own first. */
const WITH_OLD_PASSWORD = ['account', 'report']

/** Where somebody who is signed in is sent instead, or true to let them in. */
function admit(page: Page) {
  const session = useSession()
  if (session.user?.must_change && !WITH_OLD_PASSWORD.includes(page.name)) return { name: 'account' }
  if (page.name === 'login' || !mayOpen(page, session.rights)) return homeOf(session.rights)
  return true
}

/** Where a visitor is sent instead, or true to let them in. */
async function gate(to: RouteLocationNormalized) {
  const session = useSession()
  const front = (to.redirectedFrom?.path === '/' || to.name === 'login') && !to.query.signed
  if (!(front && session.isStranger())) await session.restore()
  const page = to.meta.page
  if (!page) return true
  if (session.user) return admit(page)
  if (page.needs.length === 0) return true
  return { name: 'login', query: to.fullPath === '/' ? {} : { then: to.fullPath } }
}

export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', redirect: () => homeOf(useSession().rights) },
      ...PAGES.map((page) => ({
        path: page.path,
        name: page.name,
        meta: { page },
        props: page.props ?? false,
        component: page.load,
      })),
      { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./NowherePage.vue') },
    ],
  })
  router.beforeEach(gate)
  return router
}
