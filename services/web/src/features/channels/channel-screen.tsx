import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { Composer } from '@/features/composer'
import { TypingLine } from '@/features/presence'
import { NotFound } from '@/features/problems'
import { ThreadPanel } from '@/features/threads'
import { DeleteDialog, Timeline } from '@/features/timeline'
import { cx } from '@/lib/cx'
import { useLive } from '@/replica/live'
import { Notice } from '@/ui/notice'
import { ChannelHeader } from './channel-header'
import { rememberChannel } from './remembered'

interface Props {
  space: string
  channel: string
  target?: string
  thread?: string
  onThread: (message: string | undefined) => void
}

export function ChannelScreen({ space, channel, target, thread, onThread }: Props) {
  const t = useTranslations('channels')
  const known = useLive((state) => state.directory.channels[channel])
  useEffect(() => rememberChannel(space, channel), [space, channel])
  if (!known) return <NotFound />
  const mayPost = known.permissions.includes('post') && !known.archived_at
  return (
    <div className="flex min-w-0 flex-1">
      <main className={cx('min-w-0 flex-1 flex-col', thread ? 'hidden lg:flex' : 'flex')}>
        <ChannelHeader channel={known} />
        <Timeline key={channel} channel={channel} space={space} target={target} onThread={known.parent_id ? undefined : onThread} />
        {mayPost ? (
          <Composer key={channel} channel={channel} space={space} placeholder={t('write_in', { name: known.name })} />
        ) : (
          <div className="px-4 pb-2">
            <Notice>{known.archived_at ? t('archived') : t('read_only')}</Notice>
          </div>
        )}
        <TypingLine channel={channel} />
        <DeleteDialog space={space} />
      </main>
      {thread && <ThreadPanel key={thread} parent={known} message={thread} onClose={() => onThread(undefined)} />}
    </div>
  )
}
