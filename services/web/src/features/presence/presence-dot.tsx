import { useTranslations } from 'use-intl'
import { cx } from '@/lib/cx'
import { usePresence } from '@/replica/presence'

const LOOKS = { active: 'bg-ok', idle: 'border-2 border-warn', offline: 'border-2 border-line-strong' } as const

export function PresenceDot({ user, className }: { user: string; className?: string }) {
  const t = useTranslations('presence')
  const state = usePresence((presence) => presence.states[user] ?? 'offline')
  return <span role="img" aria-label={t(state)} title={t(state)} className={cx('inline-block size-3 rounded-full ring-2 ring-page', state === 'active' ? '' : 'bg-page', LOOKS[state], className)} />
}
