import { Hash, Lock, Settings } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useShallow } from 'zustand/react/shallow'
import { useLive } from '@/replica/live'
import { IconButton } from '@/ui/icon-button'
import { Section } from '@/ui/section'
import { ChannelDialog } from './channel-dialog'

export function ChannelSettings({ space }: { space: string }) {
  const t = useTranslations('space_settings')
  const [editing, setEditing] = useState<string | null>(null)
  const channels = useLive(useShallow(({ directory }) => Object.values(directory.channels).filter((one) => one.space_id === space && !one.parent_id)))
  const edited = channels.find((one) => one.id === editing)
  return (
    <Section title={t('channels')} text={t('channels_text')}>
      <ul className="flex flex-col">
        {channels.map((one) => (
          <li key={one.id} className="flex min-h-12 items-center gap-3 border-b border-line last:border-0">
            {one.private ? <Lock size={16} aria-hidden className="text-soft" /> : <Hash size={16} aria-hidden className="text-soft" />}
            <bdi className="min-w-0 flex-1 truncate">{one.name}</bdi>
            {one.archived_at && <span className="text-[13px] text-soft">{t('archived')}</span>}
            <IconButton icon={Settings} label={t('edit_channel', { name: one.name })} onClick={() => setEditing(one.id)} />
          </li>
        ))}
      </ul>
      {edited && <ChannelDialog channel={edited} onClose={() => setEditing(null)} />}
    </Section>
  )
}
