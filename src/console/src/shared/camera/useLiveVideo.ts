import { onScopeDispose, ref, watch, type Ref } from 'vue'

const MIME_HEADER = 'X-Video-Mime'
const BEHIND_S = 1.6
const AT_EDGE_S = 0.25
const KEEP_S = 12
const RETRY_FIRST_MS = 1000
const RETRY_LONGEST_MS = 15000

/** The browser can't play what this camera sends; asking again is no use. */
class Unplayable extends Error {}

async function happens(target: EventTarget, name: string): Promise<void> {
  await new Promise<void>((resolve) => target.addEventListener(name, () => resolve(), { once: true }))
}

async function append(buffer: SourceBuffer, data: Uint8Array<ArrayBuffer>): Promise<void> {
  const done = happens(buffer, 'updateend')
  buffer.appendBuffer(data)
  await done
}

/** Forget what was played long ago, and jump to the newest picture when the player fell behind. */
async function tidy(video: HTMLVideoElement, buffer: SourceBuffer): Promise<void> {
  const ranges = buffer.buffered
  if (ranges.length === 0) return
  const newest = ranges.end(ranges.length - 1)
  if (newest - video.currentTime > BEHIND_S || video.currentTime < ranges.start(0)) {
    video.currentTime = Math.max(ranges.start(ranges.length - 1), newest - AT_EDGE_S)
  }
  if (newest - ranges.start(0) > 2 * KEEP_S) {
    const done = happens(buffer, 'updateend')
    buffer.remove(0, newest - KEEP_S)
    await done
  }
}

async function play(video: HTMLVideoElement, cameraId: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(`/api/cameras/${encodeURIComponent(cameraId)}/video`, { signal })
  const mime = answer.headers.get(MIME_HEADER) ?? ''
  if (!answer.ok || !answer.body) throw new Error(`video: ${answer.status}`)
  if (!MediaSource.isTypeSupported(mime)) {
    void answer.body.cancel()
    throw new Unplayable(mime)
  }
  const source = new MediaSource()
  const url = URL.createObjectURL(source)
  try {
    const opened = happens(source, 'sourceopen')
    video.src = url
    await opened
    const buffer = source.addSourceBuffer(mime)
    const reader = answer.body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      await append(buffer, value)
      await tidy(video, buffer)
      if (video.paused) await video.play().catch(() => undefined)
    }
  } finally {
    URL.revokeObjectURL(url)
    video.removeAttribute('src')
    video.load()
  }
}

/**
 * A camera's live video in a video element; `playing` is true from the first picture on. Where
 * there is none (broken, encrypted camera, codec the browser lacks) the still pictures remain.
 */
export function useLiveVideo(cameraId: Ref<string | null>, element: Ref<HTMLVideoElement | null>, active: Ref<boolean>) {
  const playing = ref(false)
  let stop: AbortController | null = null

  async function run(video: HTMLVideoElement, id: string, signal: AbortSignal): Promise<void> {
    let wait = RETRY_FIRST_MS
    const shown = (): void => {
      playing.value = true
      wait = RETRY_FIRST_MS
    }
    video.addEventListener('playing', shown, { signal })
    while (!signal.aborted) {
      try {
        await play(video, id, signal)
      } catch (error) {
        if (error instanceof Unplayable) return
      } finally {
        playing.value = false
      }
      await new Promise((resolve) => setTimeout(resolve, wait))
      wait = Math.min(wait * 2, RETRY_LONGEST_MS)
    }
  }

  watch(
    [cameraId, element, active],
    ([id, video, on]) => {
      stop?.abort()
      stop = null
      playing.value = false
      if (!id || !video || !on || !('MediaSource' in window)) return
      stop = new AbortController()
      void run(video, id, stop.signal)
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => stop?.abort())
  return { playing }
}
