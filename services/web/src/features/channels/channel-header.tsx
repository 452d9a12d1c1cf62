import { Link } from '@tanstack/react-router'
import { Lock, Pin, Search, Users } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Channel } from '@/api/types'
import { PanelHeader } from '@/features/shell'
import { IconButton } from '@/ui/icon-button'
import { JumpToDate } from './jump-to-date'
import { PinsDialog } from './pins-dialog'

export function ChannelHeader({ channel }: { channel: Channel }) {
  const t = useTranslations('channels')
  const [pins, setPins] = useState(false)
  const title = (
    <span className="inline-flex max-w-full items-center gap-1.5">
      {channel.private && <Lock size={14} aria-label={t('private')} className="shrink-0 text-soft" />}
      <bdi className="truncate">{channel.name}</bdi>
    </span>
  )
  const space = channel.space_id
  return (
    <PanelHeader title={title} detail={channel.topic} space={space}>
      <JumpToDate channel={channel} />
      <IconButton icon={Pin} label={t('pins')} onClick={() => setPins(true)} />
      <Link to="/s/$space/search" params={{ space }} search={{ q: `in:${channel.name} ` }} tabIndex={-1} className="hidden md:block">
        <IconButton icon={Search} label={t('search')} />
      </Link>
      <Link to="/s/$space/members" params={{ space }} tabIndex={-1}>
        <IconButton icon={Users} label={t('members')} />
      </Link>
      {pins && <PinsDialog channel={channel} onClose={() => setPins(false)} />}
    </PanelHeader>
  )
}
