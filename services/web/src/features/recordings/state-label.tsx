import { useTranslations } from 'use-intl'
import type { Recording } from '@/api/types'
import { cx } from '@/lib/cx'

const LOOKS: Partial<Record<Recording['state'], string>> = {
  recording: 'bg-danger-soft text-danger',
  failed: 'bg-danger-soft text-danger',
  ready: 'bg-accent-soft text-accent',
}

export function StateLabel({ state }: { state: Recording['state'] }) {
  const t = useTranslations('recordings')
  return <span className={cx('shrink-0 rounded-full px-2 text-[12px] leading-6 font-semibold', LOOKS[state] ?? 'bg-pressed text-soft')}>{t(state)}</span>
}
