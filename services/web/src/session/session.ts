import { create } from 'zustand'
import { answer, api } from '@/api/client'
import { asProblem } from '@/api/problems'
import type { LoggedIn, Me } from '@/api/types'
import { onOtherTab, tellOtherTabs } from './tabs'
import { withLock } from './refresh-lock'

/** `unknown` until the first refresh has answered; the token lives in memory alone. */
interface SessionState {
  status: 'unknown' | 'signed-in' | 'signed-out'
  token: string | null
  expiresAt: number
  sessionId: string | null
  user: Me | null
}

const EMPTY: SessionState = { status: 'signed-out', token: null, expiresAt: 0, sessionId: null, user: null }
/** Renewed this much before it ends, so that no call is sent with a token that dies on its way. */
const EARLY_MS = 30_000

export const useSession = create<SessionState>(() => ({ ...EMPTY, status: 'unknown' }))

export function adopt(entered: LoggedIn, { tell = true } = {}): void {
  useSession.setState({
    status: 'signed-in',
    token: entered.access_token,
    expiresAt: Date.now() + entered.expires_in * 1000,
    sessionId: entered.session_id,
    user: entered.user,
  })
  if (tell) tellOtherTabs({ kind: 'entered', entered, at: Date.now() })
}

export function forget({ tell = true } = {}): void {
  useSession.setState({ ...EMPTY })
  if (tell) tellOtherTabs({ kind: 'left' })
}

export function updateUser(user: Me): void {
  useSession.setState({ user })
}

/** After something about the account changed elsewhere than in the answer at hand. */
export async function reloadUser(): Promise<void> {
  updateUser(await answer(api.GET('/api/v1/auth/me')))
}

onOtherTab((message) => {
  if (message.kind === 'left') return forget({ tell: false })
  const late = Date.now() - message.at
  adopt({ ...message.entered, expires_in: message.entered.expires_in - late / 1000 }, { tell: false })
})

let underWay: Promise<string | null> | null = null

/** A new token by the refresh cookie; null when there is no session. Throws when the server is away. */
export function refresh(refused: string | null = null): Promise<string | null> {
  underWay ??= withLock(() => refreshOnce(refused)).finally(() => {
    underWay = null
  })
  return underWay
}

async function refreshOnce(refused: string | null): Promise<string | null> {
  const { token, expiresAt } = useSession.getState()
  if (token && token !== refused && expiresAt - EARLY_MS > Date.now()) return token
  try {
    adopt(await answer(api.POST('/api/v1/auth/refresh', { body: null })))
    return useSession.getState().token
  } catch (error) {
    if (asProblem(error).passing) throw error
    forget({ tell: token !== null })
    return null
  }
}

/** A token that is good for some time yet. */
export async function freshToken(): Promise<string | null> {
  const { status, token, expiresAt } = useSession.getState()
  if (status === 'signed-out') return null
  return token && expiresAt - EARLY_MS > Date.now() ? token : refresh(token)
}

export async function signOut(): Promise<void> {
  try {
    await answer(api.POST('/api/v1/auth/logout', { body: null }))
  } finally {
    forget()
  }
}
