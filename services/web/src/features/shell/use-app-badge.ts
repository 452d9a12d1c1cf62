import { useEffect } from 'react'
import { useLive } from '@/replica/live'

/** One counter for the title and the app's badge: mentions as a number, anything else unread as a dot. */
export function useAppBadge(): void {
  const mentions = useLive(({ directory }) => Object.values(directory.unread).reduce((sum, one) => sum + one.mentions, 0))
  const unread = useLive(({ directory }) => Object.values(directory.unread).some((one) => one.unread > 0))
  useEffect(() => {
    document.title = mentions > 0 ? `(${mentions}) Guildhall` : unread ? '• Guildhall' : 'Guildhall'
    const badge = navigator as { setAppBadge?: (count?: number) => Promise<void>; clearAppBadge?: () => Promise<void> }
    const done = mentions > 0 ? badge.setAppBadge?.(mentions) : unread ? badge.setAppBadge?.() : badge.clearAppBadge?.()
    done?.catch(() => {})
  }, [mentions, unread])
}
