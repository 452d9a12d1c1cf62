import { useTranslations } from 'use-intl'
import type { Message } from '@/api/types'
import { cx } from '@/lib/cx'
import { useMessageActions } from './use-message-actions'

export function Reactions({ message, channel }: { message: Message; channel: string }) {
  const t = useTranslations('timeline')
  const { react, may } = useMessageActions(channel)
  if (message.reactions.length === 0) return null
  return (
    <div className="my-1 flex flex-wrap gap-1">
      {message.reactions.map((one) => (
        <button
          key={one.emoji}
          type="button"
          aria-pressed={one.me}
          aria-label={t('reaction', { emoji: one.emoji, count: one.count })}
          disabled={!may('react')}
          onClick={() => react(message, one.emoji)}
          className={cx(
            'inline-flex min-h-7 items-center gap-1.5 rounded-full border px-2 text-[13px] touch:min-h-9',
            one.me ? 'border-accent bg-accent-soft text-accent' : 'border-line bg-panel hover:bg-hover',
          )}
        >
          <span aria-hidden>{one.emoji}</span>
          <span className="font-semibold tabular-nums">{one.count}</span>
        </button>
      ))}
    </div>
  )
}
