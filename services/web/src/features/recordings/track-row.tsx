import { useTranslations } from 'use-intl'
import type { Recording } from '@/api/types'
import { Avatar } from '@/ui/avatar'
import { clock } from './state'

/** One speaker: who, how much is missing, and the sound. The browser asks for bytes only when play is pressed. */
export function TrackRow({ recording, track }: { recording: Pick<Recording, 'id'>; track: Recording['tracks'][number] }) {
  const t = useTranslations('recordings')
  const name = track.speaker.name
  return (
    <li className="flex flex-col gap-2 rounded-xl border border-line bg-raised px-4 py-3">
      <div className="flex items-center gap-3">
        <Avatar name={name} size={28} />
        <bdi className="min-w-0 flex-1 truncate text-left font-semibold">{name}</bdi>
        {track.gap_ms > 0 && <span className="shrink-0 text-[13px] text-soft">{t('missing', { length: clock(Math.max(1000, track.gap_ms)) })}</span>}
      </div>
      {track.erased_at ? (
        <p className="text-[13px] text-soft">{t('erased')}</p>
      ) : (
        <audio controls preload="none" src={`/api/v1/recordings/${recording.id}/tracks/${track.number}/audio`} aria-label={t('voice_of', { name })} className="w-full" />
      )}
    </li>
  )
}
