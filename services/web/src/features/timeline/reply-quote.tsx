import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { CornerUpLeft } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useStore } from 'zustand'
import { answer, api } from '@/api/client'
import { messageOf } from '@/api/types'
import { plainText } from '@/features/markdown'
import { usePeople } from '@/replica/people'
import { timelineStore } from '@/replica/timelines'

/** The message that is answered: from the window, or asked for. */
export function ReplyQuote({ id, channel }: { id: string; channel: string }) {
  const t = useTranslations('timeline')
  const people = usePeople()
  const { space } = useParams({ strict: false })
  const held = useStore(timelineStore(channel), (state) => state.timeline?.items.find((one) => one.id === id))
  const asked = useQuery({
    queryKey: ['message', id],
    enabled: !held,
    staleTime: 60_000,
    queryFn: async () => {
      const params = { path: { channel_id: channel, message_id: id } }
      return messageOf(await answer(api.GET('/api/v1/channels/{channel_id}/messages/{message_id}', { params })))
    },
  })
  const message = held ?? asked.data
  const gone = asked.isError || message?.deleted_at
  const text = message && !gone ? plainText(message.content, people) || t('files') : gone ? t('deleted') : '…'
  return (
    <Link
      to="/s/$space/c/$channel"
      params={{ space: space ?? '', channel }}
      search={{ m: id }}
      className="mb-0.5 flex min-w-0 items-center gap-1.5 text-[13px] text-soft hover:text-ink"
    >
      <CornerUpLeft size={13} aria-hidden className="shrink-0" />
      {message && !gone && <bdi className="max-w-40 shrink-0 truncate font-semibold">{message.author.display_name}</bdi>}
      <span dir="auto" className="min-w-0 truncate">
        {text}
      </span>
    </Link>
  )
}
