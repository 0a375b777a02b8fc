import { beforeEach, describe, expect, it } from 'vitest'
import { LiveStream, type StreamState } from '@/shared/live/stream'

class FakeSource extends EventTarget {
  readyState = 0
  constructor(readonly url: string) {
    super()
  }
  close(): void {
    this.readyState = 2
  }
  send(name: string, data: unknown, lastEventId = ''): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    this.dispatchEvent(new MessageEvent(name, { data: text, lastEventId }))
  }
  fail(readyState: number): void {
    this.readyState = readyState
    this.dispatchEvent(new Event('error'))
  }
}

const sources: FakeSource[] = []
const timers: { action: () => void; ms: number }[] = []
const heard: [string, unknown][] = []
const states: StreamState[] = []
const feeds: string[] = []
let reloads = 0
let refusals = 0

const newest = () => {
  const source = sources.at(-1)
  if (!source) throw new Error('nothing opened')
  return source
}

function started(): LiveStream {
  const stream = new LiveStream(
    '/api/live',
    {
      message: (name, data) => heard.push([name, data]),
      reload: () => reloads++,
      state: (state) => states.push(state),
      feed: (state) => feeds.push(state),
      refused: () => refusals++,
    },
    {
      open: (url) => {
        const source = new FakeSource(url)
        sources.push(source)
        return source as unknown as EventSource
      },
      setTimer: (action, ms) => timers.push({ action, ms }),
      clearTimer: () => undefined,
      random: () => 0.5,
    },
  )
  stream.start()
  return stream
}

beforeEach(() => {
  sources.length = timers.length = heard.length = states.length = feeds.length = 0
  reloads = refusals = 0
})

describe('the live stream', () => {
  it('hands messages on and remembers the last id', () => {
    const stream = started()
    newest().send('hello', { resumed: false, state: 'live' }, 'alerts-0:4')
    newest().send('alert', { case_id: 'a' }, 'alerts-0:5')
    expect(heard).toEqual([['alert', { case_id: 'a' }]])
    expect(stream.lastEventId).toBe('alerts-0:5')
    expect(states).toEqual(['connecting', 'live'])
    expect(feeds).toEqual(['live'])
  })

  it('reads the lists again where nothing was replayed, and only there', () => {
    started()
    newest().send('hello', { resumed: false, state: 'live' })
    expect(reloads).toBe(1)
    newest().send('hello', { resumed: true, state: 'live' })
    expect(reloads).toBe(1)
  })

  it('leaves a lost connection to the browser, which repeats the last id', () => {
    started()
    newest().fail(0)
    expect(states.at(-1)).toBe('reconnecting')
    expect(sources).toHaveLength(1)
    expect(timers).toHaveLength(0)
  })

  it('opens a new one after the last id where the browser gave up, waiting longer each time', () => {
    started()
    newest().send('alert', {}, 'alerts-0:9,cases-1:4')
    for (let attempt = 0; attempt < 6; attempt++) {
      newest().fail(2)
      timers.at(-1)?.action()
    }
    expect(newest().url).toBe('/api/live?last_event_id=alerts-0%3A9%2Ccases-1%3A4')
    expect(timers.map((timer) => timer.ms)).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000])
    expect(refusals).toBe(6)
    expect(reloads).toBe(6)
  })

  it('starts anew after a reset', () => {
    const stream = started()
    newest().send('alert', {}, 'alerts-0:9')
    newest().send('reset', { reason: 'too_old' }, 'alerts-0:900')
    expect(reloads).toBe(1)
    expect(stream.lastEventId).toBe('alerts-0:900')
    newest().send('reset', { reason: 'slow' })
    expect(stream.lastEventId).toBe('')
  })

  it('comes back by itself when the server closes the stream, without looking broken', () => {
    started()
    newest().send('alert', {}, 'alerts-0:9')
    newest().send('hello', { resumed: true, state: 'live' })
    newest().send('status', { state: 'closing', reason: 'lifetime' })
    timers.at(-1)?.action()
    expect(sources).toHaveLength(2)
    expect(newest().url).toContain('last_event_id')
    expect(states).not.toContain('reconnecting')
  })

  it('says that the broker is down as soon as the server says so', () => {
    started()
    newest().send('status', { state: 'broker_down' })
    expect(feeds).toEqual(['broker_down'])
  })

  it('survives a broken message', () => {
    started()
    newest().send('alert', '{not json')
    newest().send('alert', { case_id: 'b' })
    expect(heard).toEqual([['alert', { case_id: 'b' }]])
  })

  it('ignores errors of a stream it has already left', () => {
    const stream = started()
    const left = newest()
    stream.renew()
    left.fail(2)
    expect(timers).toHaveLength(0)
  })
})
