import { useEffect, useRef, useState } from 'react'
import type { Message } from '@/api/types'
import { plainText } from '@/features/markdown'
import { usePeople } from '@/replica/people'

/** New messages, read out once: name and text; nothing that was there when the channel was opened. */
export function Announcer({ items, me }: { items: readonly Message[]; me: string }) {
  const last = items.at(-1)
  const seen = useRef(last?.seq ?? 0)
  const [text, setText] = useState('')
  useEffect(() => {
    if (!last || last.seq <= seen.current) return
    seen.current = last.seq
    if (last.author.id !== me && last.kind === 'text') {
      setText(`${last.author.display_name}: ${plainText(last.content, usePeople.getState())}`)
    }
  }, [last, me])
  return (
    <div role="log" aria-live="polite" className="sr-only">
      {text}
    </div>
  )
}
