import { Hash, Pin, UserPlus } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import type { Message } from '@/api/types'

const ICONS = { member_joined: UserPlus, message_pinned: Pin, channel_renamed: Hash, text: Hash } as const

/** What messaging itself says: who joined, what was pinned or renamed. */
export function SystemRow({ message }: { message: Message }) {
  const t = useTranslations('timeline')
  const format = useFormatter()
  const Icon = ICONS[message.kind] ?? Hash
  const name = message.author.display_name
  const text =
    message.kind === 'member_joined'
      ? t('member_joined', { name })
      : message.kind === 'message_pinned'
        ? t('message_pinned', { name })
        : t('channel_renamed', { name, title: message.content })
  return (
    <div className="flex items-center gap-3 px-4 py-1 text-[14px] text-soft">
      <span className="flex w-9 shrink-0 justify-center">
        <Icon size={15} aria-hidden />
      </span>
      <span className="min-w-0 break-words">{text}</span>
      <time className="shrink-0 text-[12px]" dateTime={message.created_at}>
        {format.dateTime(new Date(message.created_at), { timeStyle: 'short' })}
      </time>
    </div>
  )
}
