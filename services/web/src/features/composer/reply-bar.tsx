import { X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useStore } from 'zustand'
import { timelineStore } from '@/replica/timelines'
import { IconButton } from '@/ui/icon-button'

interface Props {
  channel: string
  id: string
  onCancel: () => void
}

export function ReplyBar({ channel, id, onCancel }: Props) {
  const t = useTranslations('composer')
  const message = useStore(timelineStore(channel), (state) => state.timeline?.items.find((one) => one.id === id))
  return (
    <div className="flex items-center gap-2 border-b border-line py-0.5 pr-1 pl-3 text-[13px] text-soft">
      <span className="min-w-0 flex-1 truncate">{t('reply_to', { name: message?.author.display_name ?? '…' })}</span>
      <IconButton icon={X} label={t('cancel_reply')} size="small" onClick={onCancel} />
    </div>
  )
}
