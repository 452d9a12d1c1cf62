import { X } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useStore } from 'zustand'
import { answer, api } from '@/api/client'
import type { Channel } from '@/api/types'
import { Composer } from '@/features/composer'
import { plainText } from '@/features/markdown'
import { TypingLine } from '@/features/presence'
import { ProblemNotice } from '@/features/problems'
import { MessageBody, Timeline } from '@/features/timeline'
import { loadDirectory, useLive } from '@/replica/live'
import { usePeople } from '@/replica/people'
import { timelineStore } from '@/replica/timelines'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'
import { IconButton } from '@/ui/icon-button'
import { useThreadChannel } from './use-thread-channel'

interface Props {
  parent: Channel
  message: string
  onClose: () => void
}

/** A conversation that hangs on one message, beside its channel; on a phone instead of it. */
export function ThreadPanel({ parent, message: id, onClose }: Props) {
  const t = useTranslations('threads')
  const message = useStore(timelineStore(parent.id), (state) => state.timeline?.items.find((one) => one.id === id))
  const known = useLive(({ directory }) => Object.values(directory.channels).find((one) => one.parent_message_id === id))
  const thread = useThreadChannel(known?.id ?? message?.thread_id ?? undefined)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const space = parent.space_id

  async function begin() {
    setBusy(true)
    setError(null)
    try {
      const name = plainText(message?.content ?? '', usePeople.getState()).slice(0, 60) || t('title')
      const params = { path: { channel_id: parent.id, message_id: id } }
      await answer(api.POST('/api/v1/channels/{channel_id}/messages/{message_id}/thread', { params, body: { name } }))
      await loadDirectory()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <aside aria-label={t('title')} className="flex w-full min-w-0 flex-col border-l border-line lg:w-[400px] lg:shrink-0">
      <header className="flex min-h-14 shrink-0 items-center gap-2 border-b border-line pr-2 pl-4">
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-[15px] leading-5 font-semibold">{thread?.name ?? t('title')}</h2>
          <p className="truncate text-[13px] leading-5 text-soft">{parent.name}</p>
        </div>
        <IconButton icon={X} label={t('close')} onClick={onClose} />
      </header>
      {message && (
        <div className="flex max-h-[30dvh] shrink-0 gap-3 overflow-y-auto border-b border-line bg-panel px-4 py-3">
          <Avatar name={message.author.display_name} url={message.author.avatar_url} size={28} />
          <div className="min-w-0 flex-1">
            <bdi className="font-semibold">{message.author.display_name}</bdi>
            <MessageBody message={message} space={space} />
          </div>
        </div>
      )}
      {thread ? (
        <>
          <Timeline key={thread.id} channel={thread.id} space={space} />
          {thread.permissions.includes('post') && <Composer channel={thread.id} space={space} placeholder={t('answer')} />}
          <TypingLine channel={thread.id} />
        </>
      ) : (
        <div className="flex flex-1 flex-col items-center justify-center gap-4 p-6 text-center">
          <p className="text-soft">{t('none')}</p>
          <ProblemNotice error={error} />
          <Button look="primary" busy={busy} onClick={begin}>
            {t('begin')}
          </Button>
        </div>
      )}
    </aside>
  )
}
