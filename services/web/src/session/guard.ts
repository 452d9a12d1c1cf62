import { redirect } from '@tanstack/react-router'
import { refresh, useSession } from './session'

/** For routes that need a session: the cookie is tried first; then sign in, and come back here. */
export async function requireSession({ location }: { location: { href: string } }): Promise<void> {
  if (useSession.getState().status === 'unknown') await refresh()
  if (useSession.getState().status === 'signed-in') return
  throw redirect({ to: '/sign-in', search: { next: location.href === '/' ? undefined : location.href } })
}

/** A path of ours to go on to after sign-in; anything else is dropped. */
export function safeNext(next: unknown): string | undefined {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : undefined
}
