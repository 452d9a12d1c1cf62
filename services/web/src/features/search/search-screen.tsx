import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import type { Hit } from '@/api/types'
import { ProblemNotice } from '@/features/problems'
import { PanelHeader } from '@/features/shell'
import { useLive } from '@/replica/live'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { INPUT } from '@/ui/field'
import { Skeleton } from '@/ui/skeleton'

const FILTERS = ['has:attachment', 'has:link', 'has:mention', 'has:pin', 'has:thread'] as const

interface Props {
  space: string
  q: string
  onSearch: (q: string) => void
}

/** Words and filters (`from: in: before: after: has:`); the address says what was searched. */
export function SearchScreen({ space, q, onSearch }: Props) {
  const t = useTranslations('search')
  const [text, setText] = useState(q)
  const hits = useInfiniteQuery({
    queryKey: ['search', space, q],
    enabled: q.trim() !== '',
    retry: false,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => answer(api.GET('/api/v1/search', { params: { query: { q, space_id: space, limit: 25, ...(pageParam ? { before: pageParam } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const found = hits.data?.pages.flatMap((page) => page.items) ?? []

  function submit(event: FormEvent) {
    event.preventDefault()
    onSearch(text.trim())
  }
  function toggle(filter: string) {
    const words = text.split(/\s+/).filter(Boolean)
    const next = words.includes(filter) ? words.filter((one) => one !== filter) : [...words, filter]
    setText(next.join(' '))
    onSearch(next.join(' '))
  }

  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <PanelHeader title={t('title')} space={space} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[760px] flex-col gap-3 p-4">
          <form onSubmit={submit} role="search" className="flex gap-2">
            <input type="search" aria-label={t('title')} placeholder={t('placeholder')} value={text} onChange={(event) => setText(event.target.value)} className={INPUT} />
            <Button type="submit" look="primary">
              {t('go')}
            </Button>
          </form>
          <div className="flex flex-wrap gap-2">
            {FILTERS.map((filter) => (
              <Button key={filter} size="small" aria-pressed={text.includes(filter)} look={text.includes(filter) ? 'primary' : 'plain'} onClick={() => toggle(filter)}>
                {t(filter.slice(4) as 'link')}
              </Button>
            ))}
          </div>
          <ProblemNotice error={hits.error} retry={hits.refetch} />
          {hits.isLoading && <Skeleton lines={4} label={t('loading')} />}
          {q.trim() === '' && <EmptyState icon={Search} title={t('empty_title')} text={t('empty_text')} />}
          {hits.isSuccess && found.length === 0 && <EmptyState icon={Search} title={t('none')} text={t('none_text')} />}
          <ul className="flex flex-col gap-2">
            {found.map((hit) => (
              <HitRow key={hit.message.id} hit={hit} />
            ))}
          </ul>
          {hits.hasNextPage && (
            <Button busy={hits.isFetchingNextPage} onClick={() => hits.fetchNextPage()}>
              {t('more')}
            </Button>
          )}
        </div>
      </div>
    </main>
  )
}

function HitRow({ hit }: { hit: Hit }) {
  const format = useFormatter()
  const { message, snippet } = hit
  const channel = useLive((state) => state.directory.channels[message.channel_id])
  return (
    <li>
      <Link to="/s/$space/c/$channel" params={{ space: hit.space_id, channel: message.channel_id }} search={{ m: message.id }} className="flex gap-3 rounded-xl border border-line p-3 hover:bg-hover">
        <Avatar name={message.author.display_name} url={message.author.avatar_url} size={32} />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <bdi className="min-w-0 truncate font-semibold">{message.author.display_name}</bdi>
            <span className="min-w-0 truncate text-[13px] text-soft">#{channel?.name}</span>
            <time dateTime={message.created_at} className="ml-auto shrink-0 text-[12px] text-soft">
              {format.dateTime(new Date(message.created_at), { dateStyle: 'medium' })}
            </time>
          </span>
          <span dir="auto" className="line-clamp-3 [overflow-wrap:anywhere]">
            {snippet.map((piece, at) => (piece.match ? <mark key={at} className="rounded bg-warn-soft px-0.5 text-ink">{piece.text}</mark> : piece.text))}
          </span>
        </span>
      </Link>
    </li>
  )
}
