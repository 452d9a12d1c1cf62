import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { PanelHeader } from '@/features/shell'
import { useLive } from '@/replica/live'
import { Skeleton } from '@/ui/skeleton'
import { LiveControls } from './live-controls'
import { clock, isLive, LIVE_MS } from './state'
import { StateLabel } from './state-label'
import { TrackRow } from './track-row'

/** One recording: its tracks to hear, its notes, and its controls while it runs. */
export function RecordingScreen({ id }: { id: string }) {
  const t = useTranslations('recordings')
  const format = useFormatter()
  const query = useQuery({
    queryKey: ['recording', id],
    queryFn: () => answer(api.GET('/api/v1/recordings/{recording_id}', { params: { path: { recording_id: id } } })),
    refetchInterval: ({ state }) => (state.data && isLive(state.data.state) ? LIVE_MS : false),
  })
  const recording = query.data
  const mayRecord = useLive((state) => Boolean(recording && state.directory.spaces[recording.space_id]?.permissions.includes('record')))
  const when = recording && format.dateTime(new Date(recording.started_at ?? recording.created_at), { dateStyle: 'full', timeStyle: 'short' })

  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <PanelHeader title={<bdi>{recording?.title || t('untitled')}</bdi>} detail={when} {...(recording ? { space: recording.space_id } : {})}>
        {recording && <StateLabel state={recording.state} />}
      </PanelHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[720px] flex-col gap-4 p-4">
          <ProblemNotice error={query.error} retry={query.refetch} />
          {query.isPending && <Skeleton lines={4} label={t('loading')} />}
          {recording && (
            <>
              <div className="flex flex-wrap items-center gap-2">
                <span className="flex-1 text-soft tabular-nums">{t('length', { length: clock(recording.duration_ms) })}</span>
                {mayRecord && isLive(recording.state) && <LiveControls recording={recording} />}
                {recording.state === 'ready' && (
                  <a
                    href={`/api/v1/recordings/${id}/zip`}
                    download
                    className="inline-flex min-h-10 items-center gap-2 rounded-lg border border-line bg-raised px-4 text-[14px] font-semibold hover:bg-hover touch:min-h-11"
                  >
                    <Download size={16} aria-hidden /> {t('download')}
                  </a>
                )}
              </div>
              {recording.failure && <p className="rounded-lg bg-danger-soft px-4 py-3 text-danger">{t('failed_because', { reason: recording.failure })}</p>}
              {recording.tracks.length === 0 && <p className="text-soft">{t('silent')}</p>}
              <ul aria-label={t('tracks')} className="flex flex-col gap-2">
                {recording.tracks.map((track) => (
                  <TrackRow key={track.number} recording={recording} track={track} />
                ))}
              </ul>
              {recording.notes.length > 0 && (
                <section className="flex flex-col gap-1">
                  <h2 className="text-[13px] font-semibold text-soft">{t('notes')}</h2>
                  <ul className="flex flex-col gap-1">
                    {recording.notes.map((note) => (
                      <li key={note.id} className="flex gap-3">
                        <span className="w-16 shrink-0 text-right text-soft tabular-nums">{clock(note.at_ms)}</span>
                        <bdi className="min-w-0 break-words">{note.text}</bdi>
                      </li>
                    ))}
                  </ul>
                </section>
              )}
            </>
          )}
        </div>
      </div>
    </main>
  )
}
