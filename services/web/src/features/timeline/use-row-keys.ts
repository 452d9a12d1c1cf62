import type { Virtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useState } from 'react'
import type { Row } from './rows'
import { useMessageActions } from './use-message-actions'

interface Options {
  rows: readonly Row[]
  virtual: Virtualizer<HTMLDivElement, Element>
  channel: string
  onThread?: (message: string) => void
}

/** Arrows go from row to row; letters act on the row that has the focus. */
export function useRowKeys({ rows, virtual, channel, onThread }: Options) {
  const actions = useMessageActions(channel, onThread)
  const [active, setActive] = useState<string | null>(null)
  const lastMessage = rows.findLast((row) => row.kind === 'message' || row.kind === 'pending')

  function focusRow(at: number) {
    const row = rows[at]
    if (!row) return
    setActive(row.key)
    virtual.scrollToIndex(at, { align: 'auto' })
    requestAnimationFrame(() => virtual.scrollElement?.querySelector<HTMLElement>(`[data-index="${at}"] article`)?.focus())
  }

  function move(from: number, step: 1 | -1) {
    for (let at = from + step; at >= 0 && at < rows.length; at += step) {
      if (rows[at]?.kind === 'message' || rows[at]?.kind === 'pending') return focusRow(at)
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    const element = event.target as HTMLElement
    if (element.tagName !== 'ARTICLE' || event.ctrlKey || event.metaKey || event.altKey) return
    const at = Number(element.closest<HTMLElement>('[data-index]')?.dataset.index)
    const row = rows[at]
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault()
      return move(at, event.key === 'ArrowUp' ? -1 : 1)
    }
    if (row?.kind !== 'message') return
    const act = actions.keys[event.key.toLowerCase()]
    if (act) {
      event.preventDefault()
      act(row.message)
    }
  }

  return {
    onKeyDown,
    isTabbable: (at: number) => (active ? rows[at]?.key === active : rows[at] === lastMessage),
  }
}
