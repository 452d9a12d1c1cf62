import { Link, useNavigate } from '@tanstack/react-router'
import { CheckCheck, ChevronDown, Disc3, Plus, Search, Settings, UserPlus, Users } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useShallow } from 'zustand/react/shallow'
import { InviteDialog } from '@/features/invites'
import { cx } from '@/lib/cx'
import { markSpaceRead, useLive } from '@/replica/live'
import { IconButton } from '@/ui/icon-button'
import { Menu, MenuItem } from '@/ui/menu'
import { ChannelLink } from './channel-link'
import { NewChannelDialog } from './new-channel-dialog'

const NAV = 'flex min-h-8 items-center gap-2 rounded-lg px-2 text-[14px] text-soft hover:bg-hover hover:text-ink touch:min-h-11'

export function ChannelList({ space, className }: { space: string; className: string }) {
  const t = useTranslations('channels')
  const navigate = useNavigate()
  const known = useLive((state) => state.directory.spaces[space])
  const channels = useLive(
    useShallow(({ directory }) =>
      Object.values(directory.channels)
        .filter((one) => one.space_id === space && !one.parent_id)
        .toSorted((a, b) => Number(Boolean(a.archived_at)) - Number(Boolean(b.archived_at)) || a.created_at.localeCompare(b.created_at)),
    ),
  )
  const threads = useLive(
    useShallow(({ directory }) =>
      Object.values(directory.channels).filter((one) => one.space_id === space && one.parent_id && (directory.unread[one.id]?.unread ?? 0) > 0),
    ),
  )
  const [dialog, setDialog] = useState<'channel' | 'invite' | null>(null)
  if (!known) return null
  const may = (permission: string) => known.permissions.includes(permission)

  return (
    <nav aria-label={t('title')} className={cx('min-w-0 flex-col border-r border-line bg-panel', className)}>
      <Menu
        align="start"
        trigger={
          <button type="button" className="flex min-h-14 items-center gap-2 border-b border-line px-4 text-left font-semibold hover:bg-hover">
            <bdi className="min-w-0 flex-1 truncate">{known.name}</bdi>
            <ChevronDown size={16} aria-hidden className="shrink-0 text-soft" />
          </button>
        }
      >
        {may('invite') && (
          <MenuItem icon={UserPlus} onSelect={() => setDialog('invite')}>
            {t('invite')}
          </MenuItem>
        )}
        <MenuItem icon={CheckCheck} onSelect={() => void markSpaceRead(space)}>
          {t('mark_read')}
        </MenuItem>
        <MenuItem icon={Users} onSelect={() => navigate({ to: '/s/$space/members', params: { space } })}>
          {t('members')}
        </MenuItem>
        <MenuItem icon={Settings} onSelect={() => navigate({ to: '/s/$space/settings', params: { space } })}>
          {t('settings')}
        </MenuItem>
      </Menu>
      <div className="min-h-0 flex-1 overflow-y-auto p-2">
        <ul className="flex flex-col gap-px">
          <li>
            <Link to="/s/$space/search" params={{ space }} search={{ q: '' }} className={NAV} activeProps={{ className: 'bg-pressed text-ink' }}>
              <Search size={16} aria-hidden /> {t('search')}
            </Link>
          </li>
          <li>
            <Link to="/s/$space/members" params={{ space }} className={NAV} activeProps={{ className: 'bg-pressed text-ink' }}>
              <Users size={16} aria-hidden /> {t('members')}
            </Link>
          </li>
          <li>
            <Link to="/s/$space/recordings" params={{ space }} className={NAV} activeProps={{ className: 'bg-pressed text-ink' }}>
              <Disc3 size={16} aria-hidden /> {t('recordings')}
            </Link>
          </li>
        </ul>
        <div className="flex items-center justify-between pt-4 pb-1 pl-2">
          <h2 className="text-[12px] font-semibold text-soft">{t('title')}</h2>
          {may('manage_channels') && <IconButton icon={Plus} label={t('create')} size="small" onClick={() => setDialog('channel')} />}
        </div>
        <ul className="flex flex-col gap-px">
          {channels.map((one) => (
            <ChannelLink key={one.id} channel={one} />
          ))}
        </ul>
        {threads.length > 0 && (
          <>
            <h2 className="pt-4 pb-1 pl-2 text-[12px] font-semibold text-soft">{t('threads')}</h2>
            <ul className="flex flex-col gap-px">
              {threads.map((one) => (
                <ChannelLink key={one.id} channel={one} />
              ))}
            </ul>
          </>
        )}
      </div>
      <NewChannelDialog space={space} open={dialog === 'channel'} onOpenChange={(open) => setDialog(open ? 'channel' : null)} />
      <InviteDialog space={space} open={dialog === 'invite'} onOpenChange={(open) => setDialog(open ? 'invite' : null)} />
    </nav>
  )
}
