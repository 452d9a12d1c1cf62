import { Copy, Eye, History, Link, MessageSquareText, MoreHorizontal, Pencil, Pin, PinOff, Reply, SmilePlus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Message } from '@/api/types'
import { EmojiPopover } from '@/features/reactions'
import { IconButton } from '@/ui/icon-button'
import { Menu, MenuItem, MenuLine } from '@/ui/menu'
import { HistoryDialog } from './history-dialog'
import { useAttention, useMessageActions } from './use-message-actions'

interface Props {
  message: Message
  channel: string
  onThread?: (message: string) => void
}

/** What one can do with a message: shown on hover, on focus, and after a tap. */
export function MessageActions({ message, channel, onThread }: Props) {
  const t = useTranslations('timeline')
  const actions = useMessageActions(channel, onThread)
  const reacting = useAttention((state) => state.reacting === message.id)
  const [history, setHistory] = useState(false)
  const setReacting = (open: boolean) => useAttention.setState({ reacting: open ? message.id : null })

  return (
    <div
      className="absolute -top-3 right-4 z-10 flex rounded-xl border border-line bg-raised p-0.5 opacity-0 shadow-sm pointer-events-none group-hover:opacity-100 group-hover:pointer-events-auto group-focus-within:opacity-100 group-focus-within:pointer-events-auto group-focus:opacity-100 group-focus:pointer-events-auto has-data-[state=open]:opacity-100 has-data-[state=open]:pointer-events-auto"
    >
      {actions.may('react') && (
        <EmojiPopover open={reacting} onOpenChange={setReacting} onPick={(emoji) => actions.react(message, emoji)}>
          <IconButton icon={SmilePlus} label={t('react')} size="small" />
        </EmojiPopover>
      )}
      {actions.may('post') && <IconButton icon={Reply} label={t('reply')} size="small" onClick={() => actions.reply(message)} />}
      {onThread && (message.thread_id || actions.may('start_threads')) && (
        <IconButton icon={MessageSquareText} label={t('thread')} size="small" onClick={() => onThread(message.id)} />
      )}
      <Menu trigger={<IconButton icon={MoreHorizontal} label={t('more')} size="small" />}>
        {actions.canEdit(message) && (
          <MenuItem icon={Pencil} onSelect={() => setTimeout(() => actions.edit(message))}>
            {t('edit')}
          </MenuItem>
        )}
        <MenuItem icon={Copy} onSelect={() => actions.copyText(message)}>
          {t('copy_text')}
        </MenuItem>
        <MenuItem icon={Link} onSelect={() => actions.copyLink(message)}>
          {t('copy_link')}
        </MenuItem>
        {actions.may('pin') && (
          <MenuItem icon={message.pinned_at ? PinOff : Pin} onSelect={() => actions.pin(message)}>
            {message.pinned_at ? t('unpin') : t('pin')}
          </MenuItem>
        )}
        {message.edited_at && (
          <MenuItem icon={History} onSelect={() => setHistory(true)}>
            {t('history')}
          </MenuItem>
        )}
        <MenuItem icon={Eye} onSelect={() => actions.markUnread(message)}>
          {t('mark_unread')}
        </MenuItem>
        {actions.canDelete(message) && (
          <>
            <MenuLine />
            <MenuItem icon={Trash2} danger onSelect={() => actions.askDelete(message)}>
              {t('delete')}
            </MenuItem>
          </>
        )}
      </Menu>
      {history && <HistoryDialog message={message} onClose={() => setHistory(false)} />}
    </div>
  )
}
