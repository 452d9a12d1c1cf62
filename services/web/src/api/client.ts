import createClient from 'openapi-fetch'
import { offline, problemOf } from './problems'
import type { paths } from './schema.gen'

/** What the client needs of the session; `main.tsx` gives it. */
export interface Authority {
  token(): Promise<string | null>
  /** A new token after a 401; null when the session is over. */
  renew(refused: string): Promise<string | null>
  /** Prove again who you are; false when the user will not. */
  stepUp(): Promise<boolean>
}

let authority: Authority = {
  token: async () => null,
  renew: async () => null,
  stepUp: async () => false,
}

export function setAuthority(given: Authority): void {
  authority = given
}

/** Calls that ask for no token, and must not wait for one. */
const OPEN = /^\/api\/v1\/(auth\/(login|register|refresh|verify-email|password\/(forgot|reset)|email\/confirm|passkeys\/login)|instance)/

async function send(request: Request, token: string | null): Promise<Response> {
  if (token) request.headers.set('Authorization', `Bearer ${token}`)
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw offline()
  }
}

/** `fetch` with the session's token: renewed once on 401, repeated once after a step-up. */
export async function authorizedFetch(input: Request): Promise<Response> {
  input.headers.set('X-Client', 'web')
  const path = new URL(input.url).pathname
  if (OPEN.test(path)) return send(input, null)
  const again = input.clone()
  const last = input.clone()
  const token = await authority.token()
  let response = await send(input, token)
  if (response.status === 401 && token && !path.endsWith('/step-up')) {
    const renewed = await authority.renew(token)
    if (renewed) response = await send(again, renewed)
  }
  if (response.status === 403 && (await codeOf(response)) === 'step_up_needed' && (await authority.stepUp())) {
    response = await send(last, await authority.token())
  }
  return response
}

async function codeOf(response: Response): Promise<string> {
  return (await problemOf(response.clone())).code
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: authorizedFetch })

interface Result<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The body of a good answer; throws `Problem` for any other. */
export async function answer<T>(call: Promise<Result<T>>): Promise<T> {
  const { data, error, response } = await call
  if (response.ok) return data as T
  throw await problemFrom(response, error)
}

async function problemFrom(response: Response, error: unknown) {
  const body = new Response(JSON.stringify(error ?? {}), {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  })
  return problemOf(body)
}

/** A call whose types the document does not have yet; the same refusals, the same session. */
export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method }
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    init.headers = { 'Content-Type': 'application/json' }
  }
  const response = await authorizedFetch(new Request(new URL(path, location.origin), init))
  if (!response.ok) throw await problemOf(response)
  return (response.status === 204 ? undefined : await response.json()) as T
}
