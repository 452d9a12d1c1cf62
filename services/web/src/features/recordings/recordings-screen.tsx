import { useInfiniteQuery } from '@tanstack/react-query'
import { Disc3 } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { PanelHeader } from '@/features/shell'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Skeleton } from '@/ui/skeleton'
import { RecordingCard } from './recording-card'
import { isLive, LIVE_MS } from './state'

/** The recordings of a space, newest first; live ones are asked for again while they run. */
export function RecordingsScreen({ space }: { space: string }) {
  const t = useTranslations('recordings')
  const recordings = useInfiniteQuery({
    queryKey: ['recordings', space],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => answer(api.GET('/api/v1/recordings', { params: { query: { space_id: space, ...(pageParam ? { before: pageParam } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some((one) => isLive(one.state))) ? LIVE_MS : false),
  })
  const found = recordings.data?.pages.flatMap((page) => page.items) ?? []

  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <PanelHeader title={t('title')} space={space} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[720px] flex-col gap-3 p-4">
          <ProblemNotice error={recordings.error} retry={recordings.refetch} />
          {recordings.isPending && <Skeleton lines={4} label={t('loading')} />}
          {recordings.isSuccess && found.length === 0 && (
            <div className="flex justify-center">
              <EmptyState icon={Disc3} title={t('none')} text={t('how')} />
            </div>
          )}
          <ul className="flex flex-col gap-2">
            {found.map((one) => (
              <RecordingCard key={one.id} recording={one} />
            ))}
          </ul>
          {recordings.hasNextPage && (
            <Button busy={recordings.isFetchingNextPage} onClick={() => recordings.fetchNextPage()}>
              {t('more')}
            </Button>
          )}
        </div>
      </div>
    </main>
  )
}
