/** State of the connection to the live stream. */
export type StreamState = 'connecting' | 'live' | 'reconnecting'

export const EVENTS = ['alert', 'case', 'task', 'camera', 'fault', 'claim', 'wall'] as const
export type EventName = (typeof EVENTS)[number]

/** What the server says of its own connection to the message broker. */
export type FeedState = 'starting' | 'live' | 'broker_down' | 'topics_missing'

export interface StreamHandlers {
  /** State of the server's feed, as it says itself. */
  feed: (state: FeedState) => void
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
const CLOSING_WAIT_MS = 400
const CLOSED = 2

/** The event's JSON; undefined if it is broken, which is the server's to log, not a reason to stop. */
function parse(event: Event): unknown {
  try {
    return JSON.parse((event as MessageEvent<string>).data)
  } catch {
    return undefined
  }
}

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

  /** Opens a new stream after the last id; the server replays what was missed, or says `reset`. */
  renew(): void {
    this.stop()
    this.connect()
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
      this.hearFeed(event)
      const body = parse(event) as { resumed?: boolean } | undefined
      if (!body?.resumed) this.handlers.reload()
    })
    source.addEventListener('status', (event) => {
      this.hearFeed(event)
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

  private hearFeed(event: Event): void {
    const body = parse(event) as { state?: FeedState | 'closing' } | undefined
    if (body?.state === 'closing') {
      this.stop()
      this.connectIn(CLOSING_WAIT_MS)
    } else if (body?.state) this.handlers.feed(body.state)
  }

  private alive(): void {
    this.failures = 0
    this.handlers.state('live')
  }

  private take(name: EventName, event: Event): void {
    this.remember(event)
    const data = parse(event)
    if (data !== undefined) this.handlers.message(name, data)
  }

  private failed(source: EventSource): void {
    if (source !== this.source) return
    this.handlers.state('reconnecting')
    if (source.readyState !== CLOSED) return // The browser is already reconnecting by itself.
    this.stop()
    this.handlers.refused()
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures++)
    this.connectIn(wait, this.handlers.reload)
  }

  /** Connects after about `ms`; spread a little, so that many screens do not come back at once. */
  private connectIn(ms: number, then?: () => void): void {
    this.timer = this.tools.setTimer(
      () => {
        this.timer = null
        this.connect()
        then?.()
      },
      ms * (0.75 + this.tools.random() / 2),
    )
  }
}
