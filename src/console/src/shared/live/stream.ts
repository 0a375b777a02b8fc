/** State of the connection to the live stream. */
export type StreamState = 'connecting' | 'live' | 'reconnecting'

export const EVENTS = ['alert', 'case', 'task', 'camera'] as const
export type EventName = (typeof EVENTS)[number]

export interface StreamHandlers {
  /** One message. */
  message: (name: EventName, data: unknown) => void
  /** Messages may have been missed: read everything again by REST. */
  reload: () => void
  state: (state: StreamState) => void
  /** The stream was refused; the session may have ended. */
  refused: () => void
}

export interface StreamTools {
  open: (url: string) => EventSource
  setTimer: (action: () => void, ms: number) => number
  clearTimer: (timer: number) => void
  random: () => number
}

const BROWSER: StreamTools = {
  open: (url) => new EventSource(url),
  setTimer: (action, ms) => window.setTimeout(action, ms),
  clearTimer: (timer) => {
    window.clearTimeout(timer)
  },
  random: () => Math.random(),
}

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 15_000
const CLOSED = 2

/**
 * The live stream with resume.
 *
 * The browser repeats the last event id on its own reconnects. Where it gave up (the server refused,
 * or a watcher found the stream dead) this class opens a new one after the last id it has seen.
 */
export class LiveStream {
  private source: EventSource | null = null
  private timer: number | null = null
  private failures = 0
  private lastId = ''

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
    private readonly tools: StreamTools = BROWSER,
  ) {}

  /** Id of the last event seen; "" before the first. */
  get lastEventId(): string {
    return this.lastId
  }

  start(): void {
    this.handlers.state('connecting')
    this.connect()
  }

  stop(): void {
    if (this.timer !== null) this.tools.clearTimer(this.timer)
    this.timer = null
    this.source?.close()
    this.source = null
  }

  /** Opens a new stream after the last id, and has everything read again. */
  restart(): void {
    this.stop()
    this.handlers.state('reconnecting')
    this.connect()
    this.handlers.reload()
  }

  private connect(): void {
    const resume = this.lastId ? `?last_event_id=${encodeURIComponent(this.lastId)}` : ''
    const source = this.tools.open(this.url + resume)
    this.source = source
    source.addEventListener('open', () => {
      this.alive()
    })
    source.addEventListener('hello', (event) => {
      this.remember(event)
      this.alive()
    })
    source.addEventListener('reset', (event) => {
      this.lastId = ''
      this.remember(event)
      this.handlers.reload()
    })
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        this.take(name, event)
      })
    }
    source.addEventListener('error', () => {
      this.failed(source)
    })
  }

  private remember(event: Event): void {
    const { lastEventId } = event as MessageEvent
    if (lastEventId) this.lastId = lastEventId
  }

  private alive(): void {
    this.failures = 0
    this.handlers.state('live')
  }

  private take(name: EventName, event: Event): void {
    this.remember(event)
    let data: unknown
    try {
      data = JSON.parse((event as MessageEvent<string>).data)
    } catch {
      return // A broken message is the server's to log; the screen goes on with the next one.
    }
    this.handlers.message(name, data)
  }

  private failed(source: EventSource): void {
    if (source !== this.source) return
    this.handlers.state('reconnecting')
    if (source.readyState !== CLOSED) return // The browser is already reconnecting by itself.
    this.stop()
    this.handlers.refused()
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures++)
    this.timer = this.tools.setTimer(
      () => {
        this.timer = null
        this.connect()
        this.handlers.reload()
      },
      wait * (0.75 + this.tools.random() / 2),
    )
  }
}
