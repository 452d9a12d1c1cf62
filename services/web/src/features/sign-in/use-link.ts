import { useEffect, useRef, useState } from 'react'

export type LinkState = { state: 'working' } | { state: 'done' } | { state: 'failed'; error: unknown }

/** Spend the token of a mailed link, once. */
export function useLink(token: string, spend: (token: string) => Promise<unknown>): LinkState {
  const [state, setState] = useState<LinkState>({ state: 'working' })
  const spent = useRef(false)
  useEffect(() => {
    if (spent.current || !token) return
    spent.current = true
    spend(token).then(
      () => setState({ state: 'done' }),
      (error: unknown) => setState({ state: 'failed', error }),
    )
  }, [token, spend])
  return state
}
