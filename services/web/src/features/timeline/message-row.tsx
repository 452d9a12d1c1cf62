import { Pin } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import type { Message } from '@/api/types'
import { cx } from '@/lib/cx'
import { useSession } from '@/session/session'
import { Avatar } from '@/ui/avatar'
import { EditForm } from './edit-form'
import { MessageActions } from './message-actions'
import { MessageBody } from './message-body'
import { Reactions } from './reactions'
import { ReplyQuote } from './reply-quote'
import { ThreadLink } from './thread-link'
import { useAttention } from './use-message-actions'

interface Props {
  message: Message
  grouped: boolean
  space: string
  channel: string
  marked: boolean
  tabbable: boolean
  onThread?: (message: string) => void
}

export function MessageRow({ message, grouped, space, channel, marked, tabbable, onThread }: Props) {
  const t = useTranslations('timeline')
  const format = useFormatter()
  const me = useSession((state) => state.user?.id)
  const editing = useAttention((state) => state.editing === message.id)
  const callsMe = message.author.id !== me && (message.mentions.channel || (me && message.mentions.users?.includes(me)))
  const at = new Date(message.created_at)
  const time = format.dateTime(at, { timeStyle: 'short' })
  const name = message.author.display_name

  return (
    <article
      tabIndex={tabbable ? 0 : -1}
      aria-label={`${name}, ${time}`}
      className={cx(
        'group relative flex gap-3 px-4 py-0.5 focus-visible:outline-offset-[-2px]',
        !grouped && 'pt-2',
        marked ? 'bg-accent-soft' : callsMe ? 'bg-warn-soft/60' : 'hover:bg-hover focus-within:bg-hover',
      )}
    >
      <div className="w-9 shrink-0">
        {grouped ? (
          <time
            dateTime={message.created_at}
            className="block pt-px text-right text-[11px] leading-[22px] whitespace-nowrap text-soft opacity-0 group-hover:opacity-100 group-focus:opacity-100"
          >
            {format.dateTime(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}
          </time>
        ) : (
          <Avatar name={name} url={message.author.avatar_url} className="mt-0.5" />
        )}
      </div>
      <div className="min-w-0 flex-1">
        {!grouped && (
          <header className="flex items-baseline gap-2">
            <bdi className="min-w-0 truncate font-semibold">{name}</bdi>
            <time dateTime={message.created_at} title={format.dateTime(at, { dateStyle: 'full', timeStyle: 'medium' })} className="shrink-0 text-[12px] text-soft">
              {time}
            </time>
            {message.pinned_at && <Pin size={13} aria-label={t('pinned')} className="self-center text-accent" />}
          </header>
        )}
        {message.reply_to && <ReplyQuote id={message.reply_to} channel={channel} />}
        {editing ? <EditForm message={message} /> : <MessageBody message={message} space={space} />}
        <Reactions message={message} channel={channel} />
        {message.thread_id && <ThreadLink message={message} onOpen={() => onThread?.(message.id)} />}
      </div>
      {!message.deleted_at && !editing && <MessageActions message={message} channel={channel} onThread={onThread} />}
    </article>
  )
}
