import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type RefObject, useId, useState } from 'react'
import { answer, api } from '@/api/client'
import { meet } from '@/replica/people'
import { useLive } from '@/replica/live'
import { emojiByName } from './emoji-names'

export interface Choice {
  key: string
  label: string
  hint: string
  avatar?: { name: string; url: string | null | undefined }
  insert: string
}

interface Options {
  box: RefObject<HTMLTextAreaElement | null>
  space: string
  text: string
  write: (text: string, caret?: number) => void
}

const TRIGGER = /(?:^|[\s(])([@#:])([\p{L}\p{N}_.-]{0,40})$/u
const SHOWN_MAX = 8

/** Names after `@`, channels after `#`, emoji after `:` and two letters. */
export function useAutocomplete({ box, space, text, write }: Options) {
  const id = useId()
  const [caret, setCaret] = useState(0)
  const [active, setActive] = useState(0)
  const [closedAt, setClosedAt] = useState('')
  const match = TRIGGER.exec(text.slice(0, caret))
  const [, mark = '', word = ''] = match ?? []
  const channels = useLive((state) => state.directory.channels)
  const people = useQuery({
    queryKey: ['mentions', space, word.toLowerCase()],
    enabled: mark === '@',
    staleTime: 60_000,
    placeholderData: (before) => before,
    queryFn: async () => {
      const query = { limit: 50, ...(word ? { search: word } : {}) }
      const page = await answer(api.GET('/api/v1/spaces/{space_id}/members', { params: { path: { space_id: space }, query } }))
      meet(page.items.map((one) => one.user))
      return page.items
    },
  })

  const choices = choicesOf()
  const open = choices.length > 0 && closedAt !== text
  const at = Math.min(active, choices.length - 1)

  function choicesOf(): Choice[] {
    const wanted = word.toLowerCase()
    if (mark === '@') {
      const all: Choice[] = 'channel'.startsWith(wanted) ? [{ key: 'channel', label: '@channel', hint: '', insert: '@channel' }] : []
      const found = (people.data ?? []).map(({ user, role }) => ({
        key: user.id,
        label: user.display_name,
        hint: role === 'member' ? '' : role,
        avatar: { name: user.display_name, url: user.avatar_url },
        insert: `<@${user.id}>`,
      }))
      return [...found, ...all].slice(0, SHOWN_MAX)
    }
    if (mark === '#') {
      return Object.values(channels)
        .filter((one) => one.space_id === space && !one.parent_id && one.name.toLowerCase().includes(wanted))
        .slice(0, SHOWN_MAX)
        .map((one) => ({ key: one.id, label: `#${one.name}`, hint: one.topic ?? '', insert: `#${one.name}` }))
    }
    if (mark === ':' && wanted.length > 1) return emojiByName(wanted).slice(0, SHOWN_MAX)
    return []
  }

  function choose(choice: Choice) {
    const start = caret - word.length - 1
    const inserted = `${choice.insert} `
    write(text.slice(0, start) + inserted + text.slice(caret), start + inserted.length)
    setCaret(start + inserted.length)
    setActive(0)
    box.current?.focus()
  }

  /** Whether the key was for the list. */
  function onKeyDown(event: KeyboardEvent): boolean {
    if (!open) return false
    const choice = choices[at]
    if (event.key === 'ArrowDown') setActive((at + 1) % choices.length)
    else if (event.key === 'ArrowUp') setActive((at + choices.length - 1) % choices.length)
    else if ((event.key === 'Enter' || event.key === 'Tab') && choice) choose(choice)
    else if (event.key === 'Escape') setClosedAt(text)
    else return false
    event.preventDefault()
    return true
  }

  return {
    open,
    list: { id, choices, active: at, onChoose: choose },
    aria: {
      'aria-controls': open ? id : undefined,
      'aria-autocomplete': 'list' as const,
      'aria-activedescendant': open ? `${id}-${at}` : undefined,
    },
    onKeyDown,
    onSelect: () => setCaret(box.current?.selectionEnd ?? 0),
  }
}
