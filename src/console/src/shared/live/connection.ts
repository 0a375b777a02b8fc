import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, readHealth } from '@/shared/api/endpoints'
import { serverNow } from '@/shared/lib/clock'
import { announce, type LiveMessages } from './bus'
import { LiveStream, type StreamState } from './stream'

/** What the connection lamp may say; each word is checked, none is assumed. */
export type Lamp = 'connecting' | 'live' | 'reconnecting' | 'broker_down' | 'unreachable'

const HEALTH_EVERY_MS = 10_000
/** A stream that says nothing for this long may be dead without anybody having noticed; it is renewed. */
const SILENCE_MS = 240_000

export const useConnection = defineStore('connection', () => {
  const stream = ref<StreamState>('connecting')
  const server = ref<'ok' | 'unreachable' | 'unknown'>('unknown')
  const broker = ref<'ok' | 'down' | 'unknown'>('unknown')
  const since = ref(serverNow())
  let live: LiveStream | null = null
  let health: ReturnType<typeof setInterval> | undefined
  let heardAt = Date.now()

  const lamp = computed<Lamp>(() => {
    if (server.value === 'unreachable') return 'unreachable'
    if (stream.value !== 'live') return stream.value
    return broker.value === 'down' ? 'broker_down' : 'live'
  })

  function setStream(next: StreamState): void {
    if (next === 'live') server.value = 'ok'
    if (next === stream.value) return
    stream.value = next
    since.value = serverNow()
  }

  async function checkHealth(): Promise<void> {
    const answer = await readHealth()
    server.value = answer ? 'ok' : 'unreachable'
    const check = answer?.checks.broker ?? answer?.checks.kafka
    broker.value = check ? (check.ok ? 'ok' : 'down') : 'unknown'
    if (answer && Date.now() - heardAt > SILENCE_MS) {
      heardAt = Date.now()
      live?.renew()
    }
  }

  function wake(): void {
    if (stream.value !== 'live') live?.renew()
    void checkHealth()
  }

  function start(): void {
    if (live) return
    live = new LiveStream('/api/live', {
      message: (name, data) => {
        heardAt = Date.now()
        announce(name, data as LiveMessages[typeof name])
      },
      reload: () => {
        announce('reload', null)
      },
      state: setStream,
      feed: (state) => {
        heardAt = Date.now()
        broker.value = state === 'live' ? 'ok' : 'down'
      },
      refused: () => {
        // A 401 on this request leads to the sign-in page; anything else is only a reason to wait.
        api.me().catch(() => undefined)
      },
    })
    live.start()
    void checkHealth()
    health = setInterval(() => void checkHealth(), HEALTH_EVERY_MS)
    window.addEventListener('online', wake)
  }

  function stop(): void {
    live?.stop()
    live = null
    clearInterval(health)
    window.removeEventListener('online', wake)
  }

  return { lamp, since, start, stop }
})
