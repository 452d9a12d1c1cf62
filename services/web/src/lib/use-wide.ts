import { useSyncExternalStore } from 'react'

const wide = matchMedia('(min-width: 768px)')

function subscribe(changed: () => void): () => void {
  wide.addEventListener('change', changed)
  return () => wide.removeEventListener('change', changed)
}

/** Whether there is room for more than one panel. */
export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => wide.matches)
}
