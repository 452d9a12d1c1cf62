import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { messageOf } from '@/api/types'
import { plainText } from '@/features/markdown'
import { news, useLive } from '@/replica/live'
import { usePeople } from '@/replica/people'

interface Mention {
  space_id: string
  channel_id: string
  message_id: string
}

/** Mentions, told by the system while the page is in the background: one per message, over all tabs. */
export function useNotices(): void {
  const t = useTranslations('notices')
  const navigate = useNavigate()
  useEffect(
    () =>
      news.on((frame) => {
        const allowed = 'Notification' in globalThis && Notification.permission === 'granted'
        if (frame.type === 'mention_added' && allowed && document.visibilityState === 'hidden') {
          void show(frame.data as Mention)
        }
      }),
    // oxlint-disable-next-line react/exhaustive-deps
    [],
  )

  async function show({ space_id, channel_id, message_id }: Mention) {
    const params = { path: { channel_id, message_id } }
    const message = messageOf(await answer(api.GET('/api/v1/channels/{channel_id}/messages/{message_id}', { params })))
    const channel = useLive.getState().directory.channels[channel_id]?.name ?? ''
    const notice = new Notification(t('mention', { name: message.author.display_name, channel }), {
      body: plainText(message.content, usePeople.getState()),
      tag: message_id,
      icon: '/icon.svg',
    })
    notice.addEventListener('click', () => {
      window.focus()
      void navigate({ to: '/s/$space/c/$channel', params: { space: space_id, channel: channel_id }, search: { m: message_id } })
    })
  }
}
