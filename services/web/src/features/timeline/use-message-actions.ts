import { create } from 'zustand'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { asProblem } from '@/api/problems'
import type { Message } from '@/api/types'
import { useProblemText } from '@/features/problems'
import { writeDraft } from '@/replica/drafts'
import { markRead, useLive } from '@/replica/live'
import { useSession } from '@/session/session'
import { toast } from '@/ui/toast'
import { keptUnread } from './use-reading'

/** Which message is being edited, which is to be deleted, which gets an emoji: one of each at a time. */
export const useAttention = create<{ editing: string | null; deleting: Message | null; reacting: string | null }>(() => ({
  editing: null,
  deleting: null,
  reacting: null,
}))

export function useMessageActions(channel: string, onThread?: (message: string) => void) {
  const t = useTranslations('timeline')
  const me = useSession((state) => state.user?.id ?? '')
  const permissions = useLive((state) => state.directory.channels[channel]?.permissions)
  const textOf = useProblemText()
  const may = (permission: string) => permissions?.includes(permission) ?? false

  const attempt = (work: Promise<unknown>) => work.catch((error: unknown) => toast(textOf(asProblem(error)), { look: 'danger' }))
  const at = (message: Message) => ({ path: { channel_id: channel, message_id: message.id } })

  const actions = {
    may,
    canEdit: (message: Message) => message.author.id === me && message.kind === 'text' && !message.deleted_at,
    canDelete: (message: Message) => !message.deleted_at && (message.author.id === me || may('moderate')),
    reply(message: Message) {
      writeDraft(me, channel, { replyTo: message.id })
      document.querySelector<HTMLTextAreaElement>(`textarea[data-channel="${channel}"]`)?.focus()
    },
    edit: (message: Message) => actions.canEdit(message) && useAttention.setState({ editing: message.id }),
    askDelete: (message: Message) => actions.canDelete(message) && useAttention.setState({ deleting: message }),
    pickReaction: (message: Message) => useAttention.setState({ reacting: message.id }),
    thread: (message: Message) => onThread?.(message.id),
    react(message: Message, emoji: string) {
      const mine = message.reactions.some((one) => one.emoji === emoji && one.me)
      const params = { path: { ...at(message).path, emoji } }
      const url = '/api/v1/channels/{channel_id}/messages/{message_id}/reactions/{emoji}'
      void attempt(answer(mine ? api.DELETE(url, { params }) : api.PUT(url, { params })))
    },
    pin(message: Message) {
      const url = '/api/v1/channels/{channel_id}/pins/{message_id}'
      void attempt(answer(message.pinned_at ? api.DELETE(url, { params: at(message) }) : api.PUT(url, { params: at(message) })))
    },
    async copyText(message: Message) {
      await navigator.clipboard?.writeText(message.content)
      toast(t('copied'))
    },
    async copyLink(message: Message) {
      const url = new URL(location.pathname.replace(/\/c\/.*/, `/c/${channel}`), location.origin)
      url.searchParams.set('m', message.id)
      await navigator.clipboard?.writeText(url.href)
      toast(t('copied'))
    },
    markUnread(message: Message) {
      keptUnread.add(channel)
      void markRead(channel, message.seq - 1)
    },
    keys: {} as Record<string, (message: Message) => void>,
  }
  actions.keys = {
    r: actions.reply,
    e: actions.edit,
    t: actions.thread,
    '+': actions.pickReaction,
    p: (message) => may('pin') && actions.pin(message),
    delete: actions.askDelete,
  }
  return actions
}
