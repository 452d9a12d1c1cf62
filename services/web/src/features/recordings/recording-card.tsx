import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import type { Recording } from '@/api/types'
import { clock } from './state'
import { StateLabel } from './state-label'

export function RecordingCard({ recording }: { recording: Recording }) {
  const t = useTranslations('recordings')
  const format = useFormatter()
  const speakers = recording.tracks.map((track) => track.speaker.name).join(', ')
  const when = format.dateTime(new Date(recording.started_at ?? recording.created_at), { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <li>
      <Link
        to="/recordings/$id"
        params={{ id: recording.id }}
        className="flex min-h-16 items-center gap-3 rounded-xl border border-line bg-raised px-4 py-3 transition-colors hover:bg-hover"
      >
        <span className="min-w-0 flex-1">
          <bdi className="block truncate text-left font-semibold">{recording.title || t('untitled')}</bdi>
          <span className="block truncate text-[13px] text-soft">{speakers ? `${when} · ${speakers}` : when}</span>
        </span>
        <span className="shrink-0 text-[13px] text-soft tabular-nums">{clock(recording.duration_ms)}</span>
        <StateLabel state={recording.state} />
      </Link>
    </li>
  )
}
