import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Monitor, Trash2 } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { Button } from '@/ui/button'
import { IconButton } from '@/ui/icon-button'
import { Section } from '@/ui/section'
import { Skeleton } from '@/ui/skeleton'

export function SessionSettings() {
  const t = useTranslations('account')
  const format = useFormatter()
  const queries = useQueryClient()
  const list = useQuery({ queryKey: ['sessions'], queryFn: () => answer(api.GET('/api/v1/auth/sessions')) })
  const { busy, error, run } = useAttempt()
  const after = () => queries.invalidateQueries({ queryKey: ['sessions'] })

  const end = (id: string) =>
    run(async () => {
      await answer(api.DELETE('/api/v1/auth/sessions/{session_id}', { params: { path: { session_id: id } } }))
      await after()
    })
  const endOthers = () =>
    run(async () => {
      await answer(api.DELETE('/api/v1/auth/sessions', { params: { query: { except: 'current' } } }))
      await after()
    })

  return (
    <Section title={t('sessions')} text={t('sessions_text')}>
      <ProblemNotice error={error ?? list.error} retry={list.refetch} />
      {list.isPending && <Skeleton label={t('sessions')} />}
      <ul className="flex flex-col">
        {list.data?.map((one) => (
          <li key={one.id} className="flex items-center gap-3 border-b border-line py-3 last:border-0">
            <Monitor size={18} aria-hidden className="shrink-0 text-soft" />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-semibold">{one.device || t('unknown_device')}</span>
              <span className="block truncate text-[13px] text-soft">
                {one.current ? t('this_device') : t('last_seen', { time: format.relativeTime(new Date(one.last_seen_at)) })} · {one.network} · {one.method}
              </span>
            </span>
            {!one.current && <IconButton icon={Trash2} label={t('end_session', { name: one.device })} onClick={() => end(one.id)} />}
          </li>
        ))}
      </ul>
      {(list.data?.length ?? 0) > 1 && (
        <Button look="danger" busy={busy} onClick={endOthers} className="self-start">
          {t('end_others')}
        </Button>
      )}
    </Section>
  )
}
