import type { Virtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { markRead } from '@/replica/live'
import type { Row } from './rows'

interface Reading {
  channel: string
  rows: readonly Row[]
  virtual: Virtualizer<HTMLDivElement, Element>
  ready: boolean
}

const PAUSE_MS = 400
/** Channels whose marker was moved back by hand: nothing counts as read there until they are opened again. */
export const keptUnread = new Set<string>()

/** Read is what was on the screen of a page that is looked at. */
export function useReading({ channel, rows, virtual, ready }: Reading): void {
  const reached = useRef(0)
  useEffect(() => {
    reached.current = 0
    return () => void keptUnread.delete(channel)
  }, [channel])
  const last = virtual.range?.endIndex
  useEffect(() => {
    if (!ready) return
    const look = () => {
      if (document.visibilityState !== 'visible' || !document.hasFocus() || keptUnread.has(channel)) return
      const seq = lastSeenSeq(rows, virtual)
      if (seq > reached.current) {
        reached.current = seq
        void markRead(channel, seq)
      }
    }
    const timer = setTimeout(look, PAUSE_MS)
    addEventListener('focus', look)
    return () => {
      clearTimeout(timer)
      removeEventListener('focus', look)
    }
  }, [channel, rows, virtual, last, ready])
}

function lastSeenSeq(rows: readonly Row[], virtual: Virtualizer<HTMLDivElement, Element>): number {
  const bottom = (virtual.scrollOffset ?? 0) + (virtual.scrollRect?.height ?? 0)
  const seen = virtual.getVirtualItems().filter((item) => item.start + Math.min(item.size, 40) <= bottom)
  for (const item of seen.toReversed()) {
    const row = rows[item.index]
    if (row?.kind === 'message') return row.message.seq
  }
  return 0
}
