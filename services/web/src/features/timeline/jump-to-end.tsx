import { ArrowDown } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useLive } from '@/replica/live'

export function JumpToEnd({ channel, onJump }: { channel: string; onJump: () => void }) {
  const t = useTranslations('timeline')
  const unread = useLive((state) => state.directory.unread[channel]?.unread ?? 0)
  return (
    <button
      type="button"
      onClick={onJump}
      className="absolute right-4 bottom-3 z-10 inline-flex min-h-9 items-center gap-2 rounded-full border border-line bg-raised px-4 text-[13px] font-semibold shadow-float animate-appear touch:min-h-11"
    >
      <ArrowDown size={15} aria-hidden />
      {unread > 0 ? t('new_count', { count: unread }) : t('to_end')}
    </button>
  )
}
