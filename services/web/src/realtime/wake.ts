import type { Connection } from './connection'

const IDLE_MS = 5 * 60_000

/** Look after the socket when the machine wakes or the network is back, and tell whether its owner is there. */
export function stayAwake(connection: Connection): () => void {
  const end = new AbortController()
  const { signal } = end
  let idle = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const tell = (state: 'active' | 'idle') => connection.send({ op: 'presence', state })
  const active = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      idle = true
      tell('idle')
    }, IDLE_MS)
    if (idle) tell('active')
    idle = false
  }
  const look = () => {
    if (document.visibilityState === 'visible') {
      connection.check()
      active()
    }
  }
  document.addEventListener('visibilitychange', look, { signal })
  addEventListener('online', () => connection.check(), { signal })
  addEventListener('focus', look, { signal })
  addEventListener('pointerdown', active, { signal, passive: true })
  addEventListener('keydown', active, { signal, passive: true })
  active()
  return () => {
    end.abort()
    clearTimeout(timer)
  }
}
