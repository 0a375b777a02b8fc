import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from '@/app/App.vue'
import { makeRouter } from '@/app/router'
import { onSignedOut } from '@/shared/api/client'
import { applyLanguage, i18n } from '@/shared/i18n'
import { applyTheme } from '@/shared/lib/theme'
import { useSession } from '@/shared/stores/session'
import '@/shared/styles/tokens.css'
import '@/shared/styles/base.css'
import '@/shared/styles/element.css'

applyTheme()
applyLanguage()

const app = createApp(App)
app.use(createPinia())
app.use(i18n)
const router = makeRouter()
app.use(router)

onSignedOut(() => {
  const session = useSession()
  if (!session.user) return
  session.forget()
  void router.replace({ name: 'login', query: { ended: '1', then: router.currentRoute.value.fullPath } })
})

app.mount('#app')
