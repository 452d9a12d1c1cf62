import { scriptUrl } from './trusted'

/** The shell opens without a network. Needs https or localhost; elsewhere there is none. */
export function registerServiceWorker(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  addEventListener('load', () => {
    navigator.serviceWorker.register(scriptUrl('/sw.js')).catch(() => {
      // The page works without it.
    })
  })
}
