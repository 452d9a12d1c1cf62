import type { LoggedIn } from '@/api/types'

type TabMessage = { kind: 'entered'; entered: LoggedIn; at: number } | { kind: 'left' }

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('guildhall-session')

/** One person, one session per browser: what a tab learns of it the others use, too. */
export function tellOtherTabs(message: TabMessage): void {
  channel?.postMessage(message)
}

export function onOtherTab(listener: (message: TabMessage) => void): void {
  channel?.addEventListener('message', (event: MessageEvent<TabMessage>) => listener(event.data))
}
