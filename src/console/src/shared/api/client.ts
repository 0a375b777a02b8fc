import { adjustClock } from '@/shared/lib/clock'

/** A refusal or failure of the service, with words for the user in both languages. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail_zh: string,
    readonly detail_en: string,
    readonly field?: string,
  ) {
    super(`${String(status)} ${code}: ${detail_en}`)
  }
}

const UNREACHABLE = new Problem(
  0,
  'unreachable',
  '连不上服务器，请检查网络；系统会自动重试。',
  'The server cannot be reached. Check the network; the console keeps trying.',
)

let signedOut: () => void = () => undefined

/** Registers what happens when the service says that the session has ended. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler
}

/** The problem a response carries; tolerant of a body that is not problem+json. */
export async function readProblem(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Partial<Problem>
  return new Problem(
    response.status,
    body.code ?? `http_${String(response.status)}`,
    body.detail_zh ?? `服务器没有办成这件事（${String(response.status)}）。`,
    body.detail_en ?? `The server could not do this (${String(response.status)}).`,
    body.field,
  )
}

/**
 * One request to the service; throws {@link Problem} on every failure.
 *
 * @param path Path below `/api`.
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (init.method && init.method !== 'GET') headers.set('X-Yitong', '1')
  if (typeof init.body === 'string') headers.set('Content-Type', 'application/json')
  let response: Response
  try {
    response = await fetch(`/api${path}`, { ...init, headers, credentials: 'same-origin' })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw UNREACHABLE
  }
  adjustClock(response.headers.get('Date'))
  if (response.ok) return response
  const problem = await readProblem(response)
  if (problem.status === 401 && path !== '/auth/session') signedOut()
  throw problem
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal ? { signal } : {})
  return (await response.json()) as T
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  const response = await request(path, { method: 'POST', body: JSON.stringify(body) })
  return (await response.json()) as T
}

export async function putJson<T>(path: string, body: unknown): Promise<T> {
  const response = await request(path, { method: 'PUT', body: JSON.stringify(body) })
  return (await response.json()) as T
}

/** Query string without empty values; lists become comma-joined. */
export function query(values: Record<string, string | number | boolean | string[] | undefined | null>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    const text = Array.isArray(value) ? value.join(',') : String(value ?? '')
    if (text !== '') params.set(name, text)
  }
  const text = params.toString()
  return text ? `?${text}` : ''
}
