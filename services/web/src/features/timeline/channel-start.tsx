import { Hash } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useLive } from '@/replica/live'

export function ChannelStart({ channel }: { channel: string }) {
  const t = useTranslations('timeline')
  const known = useLive((state) => state.directory.channels[channel])
  return (
    <div className="flex flex-col gap-1 px-4 pt-8 pb-4">
      <span className="mb-2 flex size-12 items-center justify-center rounded-2xl bg-accent-soft text-accent">
        <Hash size={22} aria-hidden />
      </span>
      <h2 className="text-[20px] leading-7 font-semibold break-words">{known?.name}</h2>
      <p className="text-soft break-words">{known?.topic || t('start')}</p>
    </div>
  )
}
