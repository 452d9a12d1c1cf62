import { MessageSquareText } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { Message } from '@/api/types'

export function ThreadLink({ message, onOpen }: { message: Message; onOpen: () => void }) {
  const t = useTranslations('timeline')
  return (
    <button type="button" onClick={onOpen} className="my-1 inline-flex min-h-7 items-center gap-1.5 text-[13px] font-semibold text-accent hover:underline touch:min-h-11">
      <MessageSquareText size={14} aria-hidden />
      {message.thread ? t('thread_count', { count: message.thread.messages }) : t('open_thread')}
    </button>
  )
}
