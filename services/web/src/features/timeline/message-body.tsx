import { useTranslations } from 'use-intl'
import type { Message } from '@/api/types'
import { Markdown } from '@/features/markdown'
import { Attachments } from '@/features/uploads'
import { cx } from '@/lib/cx'

const EMOJI_ONLY = /^(?:\p{RGI_Emoji}\s*){1,8}$/v

/** What was said: its Markdown and its files, or that it is gone. */
export function MessageBody({ message, space }: { message: Message; space: string }) {
  const t = useTranslations('timeline')
  if (message.deleted_at) return <p className="text-soft italic">{t('deleted')}</p>
  return (
    <>
      {message.content && (
        <div dir="auto" className={cx('break-words [overflow-wrap:anywhere]', EMOJI_ONLY.test(message.content) && 'text-[32px] leading-10')}>
          <Markdown content={message.content} space={space} />
          {message.edited_at && <span className="text-[12px] text-soft">{t('edited')}</span>}
        </div>
      )}
      {message.files.length > 0 && <Attachments files={message.files} />}
    </>
  )
}
