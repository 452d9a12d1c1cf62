import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { usePeople } from '@/replica/people'
import { Button } from '@/ui/button'
import { Section } from '@/ui/section'

export function BanSettings({ space }: { space: string }) {
  const t = useTranslations('space_settings')
  const format = useFormatter()
  const people = usePeople()
  const queries = useQueryClient()
  const { error, run } = useAttempt()
  const list = useQuery({
    queryKey: ['bans', space],
    queryFn: () => answer(api.GET('/api/v1/spaces/{space_id}/bans', { params: { path: { space_id: space } } })),
  })
  const lift = (user: string) =>
    run(async () => {
      await answer(api.DELETE('/api/v1/spaces/{space_id}/bans/{member_id}', { params: { path: { space_id: space, member_id: user } } }))
      await queries.invalidateQueries({ queryKey: ['bans', space] })
    })
  return (
    <Section title={t('bans')} text={t('bans_text')}>
      <ProblemNotice error={error ?? list.error} retry={list.refetch} />
      {list.data?.items.length === 0 && <p className="text-soft">{t('no_bans')}</p>}
      <ul className="flex flex-col">
        {list.data?.items.map((one) => (
          <li key={one.user_id} className="flex items-center gap-3 border-b border-line py-2 last:border-0">
            <span className="min-w-0 flex-1">
              <bdi className="block truncate text-left font-semibold">{people[one.user_id]?.display_name ?? one.user_id}</bdi>
              <span className="block truncate text-[13px] text-soft">
                {[format.dateTime(new Date(one.at), { dateStyle: 'medium' }), one.reason].filter(Boolean).join(' · ')}
              </span>
            </span>
            <Button size="small" onClick={() => lift(one.user_id)}>
              {t('lift')}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  )
}
