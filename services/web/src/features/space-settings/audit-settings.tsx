import { useInfiniteQuery } from '@tanstack/react-query'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import type { AuditEntry } from '@/api/types'
import { ProblemNotice } from '@/features/problems'
import { usePeople } from '@/replica/people'
import { Button } from '@/ui/button'
import { Section } from '@/ui/section'
import { Skeleton } from '@/ui/skeleton'

/** Who did what, with what it was before and after. */
export function AuditSettings({ space }: { space: string }) {
  const t = useTranslations('space_settings')
  const log = useInfiniteQuery({
    queryKey: ['audit', space],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answer(api.GET('/api/v1/spaces/{space_id}/audit', { params: { path: { space_id: space }, query: { limit: 30, ...(pageParam ? { before: pageParam } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  return (
    <Section title={t('audit')} text={t('audit_text')}>
      <ProblemNotice error={log.error} retry={log.refetch} />
      {log.isPending && <Skeleton label={t('audit')} />}
      <ul className="flex flex-col">
        {log.data?.pages.flatMap((page) => page.items).map((entry) => <AuditRow key={entry.id} entry={entry} />)}
      </ul>
      {log.hasNextPage && (
        <Button size="small" busy={log.isFetchingNextPage} onClick={() => log.fetchNextPage()} className="self-start">
          {t('more')}
        </Button>
      )}
    </Section>
  )
}

function AuditRow({ entry }: { entry: AuditEntry }) {
  const t = useTranslations('space_settings')
  const format = useFormatter()
  const people = usePeople()
  return (
    <li className="border-b border-line py-2 text-[14px] last:border-0">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <bdi className="font-semibold">{people[entry.actor_id]?.display_name ?? '…'}</bdi>
        <span>{entry.action.replaceAll(/[._]/g, ' ')}</span>
        <time dateTime={entry.at} className="ml-auto text-[13px] text-soft">
          {format.dateTime(new Date(entry.at), { dateStyle: 'medium', timeStyle: 'short' })}
        </time>
      </div>
      {(entry.before != null || entry.after != null) && (
        <details className="text-[13px] text-soft">
          <summary className="cursor-pointer">{t('details')}</summary>
          <pre className="overflow-x-auto font-mono text-[12px] whitespace-pre-wrap [overflow-wrap:anywhere]">
            {`− ${JSON.stringify(entry.before ?? null)}\n+ ${JSON.stringify(entry.after ?? null)}`}
          </pre>
        </details>
      )}
    </li>
  )
}
