import { Link } from '@tanstack/react-router'
import { Archive, Hash, Lock, MessageSquareText } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { Channel } from '@/api/types'
import { cx } from '@/lib/cx'
import { useLive } from '@/replica/live'

export function ChannelLink({ channel }: { channel: Channel }) {
  const t = useTranslations('channels')
  const unread = useLive((state) => state.directory.unread[channel.id])
  const Icon = channel.archived_at ? Archive : channel.parent_id ? MessageSquareText : channel.private ? Lock : Hash
  const isNew = (unread?.unread ?? 0) > 0
  const mentions = unread?.mentions ?? 0
  const label = mentions > 0 ? t('with_mentions', { name: channel.name, count: mentions }) : isNew ? t('with_unread', { name: channel.name }) : channel.name
  return (
    <li>
      <Link
        to="/s/$space/c/$channel"
        params={{ space: channel.space_id, channel: channel.id }}
        aria-label={label}
        className={cx('flex min-h-8 items-center gap-2 rounded-lg px-2 text-[14px] hover:bg-hover touch:min-h-11', isNew ? 'font-semibold text-ink' : 'text-soft')}
        activeProps={{ className: 'bg-pressed text-ink!' }}
      >
        <Icon size={16} aria-hidden className="shrink-0 opacity-70" />
        <bdi className="min-w-0 flex-1 truncate">{channel.name}</bdi>
        {mentions > 0 ? (
          <span aria-hidden className="min-w-5 rounded-full bg-danger px-1.5 text-center text-[11px] leading-[18px] font-semibold text-page">
            {mentions > 99 ? '99+' : mentions}
          </span>
        ) : (
          isNew && <span aria-hidden className="size-2 shrink-0 rounded-full bg-accent" />
        )}
      </Link>
    </li>
  )
}
