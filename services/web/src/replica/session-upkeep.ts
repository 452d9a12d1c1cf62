import type { Connection } from '@/realtime/connection'
import { forget, freshToken, refresh, useSession } from '@/session/session'

const RENEW_BEFORE_MS = 25_000
const RENEWED_WITHIN_MS = 1_500

/** The socket is told of each new token; and a new one is fetched before the old one ends, also while nothing is asked. */
export function keepToken(connection: Connection): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const renewInTime = () => {
    clearTimeout(timer)
    timer = setTimeout(() => void freshToken().catch(() => {}), useSession.getState().expiresAt - Date.now() - RENEW_BEFORE_MS)
  }
  renewInTime()
  const end = useSession.subscribe((now, before) => {
    if (!now.token || now.token === before.token) return
    void connection.hello()
    renewInTime()
  })
  return () => {
    clearTimeout(timer)
    end()
  }
}

/** A step-up puts another session in the place of this one, and its answer may come after the old one's end. */
export async function endUnlessRenewed(session: string | null, goOn: () => void): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, RENEWED_WITHIN_MS))
  const { sessionId, token } = useSession.getState()
  if (session !== null && session === sessionId) await refresh(token).catch(() => null)
  if (useSession.getState().token) goOn()
  else forget()
}
