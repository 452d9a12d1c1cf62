import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { useShallow } from 'zustand/react/shallow'
import { useLive } from '@/replica/live'
import { lookUp, usePeople } from '@/replica/people'
import { usePresence } from '@/replica/presence'

/** Who writes; its line is always there, so that nothing moves. */
export function TypingLine({ channel }: { channel: string }) {
  const t = useTranslations('presence')
  const people = usePeople()
  const writing = usePresence(useShallow((state) => Object.keys(state.typing[channel] ?? {})))
  const space = useLive((state) => state.directory.channels[channel]?.space_id)
  useEffect(() => {
    for (const user of writing) if (space && !people[user]) void lookUp(space, user)
  }, [writing, people, space])
  const [first, second] = writing.map((user) => people[user]?.display_name ?? '…')
  const text =
    first === undefined
      ? ''
      : writing.length > 2
        ? t('many_write', { count: writing.length })
        : second === undefined
          ? t('one_writes', { name: first })
          : t('two_write', { first, second })
  return (
    <p className="h-6 shrink-0 truncate px-5 text-[12px] leading-5 text-soft">
      {text}
    </p>
  )
}
