import { useInfiniteQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { PanelHeader } from '@/features/shell'
import { meet } from '@/replica/people'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { INPUT } from '@/ui/field'
import { Skeleton } from '@/ui/skeleton'
import { MemberRow } from './member-row'

const PAGE = 100

export function MembersScreen({ space }: { space: string }) {
  const t = useTranslations('members')
  const [word, setWord] = useState('')
  const search = useDeferredValue(word.trim())
  const members = useInfiniteQuery({
    queryKey: ['members', space, search],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) => {
      const query = { limit: PAGE, ...(pageParam ? { after: pageParam } : {}), ...(search ? { search } : {}) }
      const page = await answer(api.GET('/api/v1/spaces/{space_id}/members', { params: { path: { space_id: space }, query } }))
      meet(page.items.map((one) => one.user))
      return page
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const found = members.data?.pages.flatMap((page) => page.items) ?? []

  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <PanelHeader title={t('title')} space={space} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[720px] flex-col gap-3 p-4">
          <label className="relative block">
            <span className="sr-only">{t('search')}</span>
            <Search size={16} aria-hidden className="absolute top-1/2 left-3 -translate-y-1/2 text-soft" />
            <input type="search" value={word} onChange={(event) => setWord(event.target.value)} placeholder={t('search')} className={`${INPUT} pl-9`} />
          </label>
          <ProblemNotice error={members.error} retry={members.refetch} />
          {members.isPending && <Skeleton lines={6} label={t('loading')} />}
          {members.isSuccess && found.length === 0 && <EmptyState title={t('none')} />}
          <ul className="flex flex-col">
            {found.map((member) => (
              <MemberRow key={member.user.id} member={member} space={space} />
            ))}
          </ul>
          {members.hasNextPage && (
            <Button busy={members.isFetchingNextPage} onClick={() => members.fetchNextPage()}>
              {t('more')}
            </Button>
          )}
        </div>
      </div>
    </main>
  )
}
