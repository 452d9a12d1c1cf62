import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useStore } from 'zustand'
import { ProblemNotice } from '@/features/problems'
import { openChannel, useLive } from '@/replica/live'
import { useOutbox } from '@/replica/outbox'
import { loadMore, loadWindow, timelineStore } from '@/replica/timelines'
import { useSession } from '@/session/session'
import { Skeleton } from '@/ui/skeleton'
import { Spinner } from '@/ui/spinner'
import { ChannelStart } from './channel-start'
import { Announcer } from './announcer'
import { JumpToEnd } from './jump-to-end'
import { RowView } from './row-view'
import { rowsOf } from './rows'
import { useReading } from './use-reading'
import { useRowKeys } from './use-row-keys'

interface Props {
  channel: string
  space: string
  /** A message to show, from the address. */
  target?: string
  onThread?: (message: string) => void
}

const EDGE_PX = 600
/** Within this distance of the end one counts as there, and stays there when messages arrive. */
const AT_END_PX = 8

export function Timeline({ channel, space, target, onThread }: Props) {
  const t = useTranslations('timeline')
  const me = useSession((state) => state.user?.id ?? '')
  const { timeline, loading, problem } = useStore(timelineStore(channel))
  const entries = useOutbox((state) => state.entries)
  const unread = useLive((state) => state.directory.unread[channel])
  const [readSeq] = useState(() => (unread && unread.unread > 0 ? unread.read_seq : null))
  const [atEnd, setAtEnd] = useState(true)
  const scroller = useRef<HTMLDivElement>(null)

  useEffect(() => {
    void openChannel(channel, target ?? null)
  }, [channel, target])

  const pending = useMemo(() => entries.filter((one) => one.channel === channel), [entries, channel])
  const rows = useMemo(
    () =>
      timeline
        ? rowsOf(timeline.items, timeline.hasNewer ? [] : pending, { me, readSeq, hasOlder: timeline.hasOlder })
        : [],
    [timeline, pending, me, readSeq],
  )
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => (rows[at]?.kind === 'message' ? 48 : 36),
    getItemKey: (at) => rows[at]?.key ?? at,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: AT_END_PX,
    overscan: 10,
    paddingEnd: 12,
  })

  const settled = useRef('')
  useEffect(() => {
    const aim = `${channel}:${target ?? ''}`
    if (!timeline || settled.current === aim || rows.length === 0) return
    const at = target
      ? rows.findIndex((row) => row.kind === 'message' && row.message.id === target)
      : rows.findIndex((row) => row.kind === 'new')
    if (target && at < 0) return
    settled.current = aim
    if (at >= 0) virtual.scrollToIndex(at, { align: target ? 'center' : 'start' })
    else virtual.scrollToEnd()
  }, [timeline, rows, channel, target, virtual])

  const lastPending = pending.at(-1)?.nonce
  useEffect(() => {
    if (lastPending && settled.current) void toEnd()
    // After sending, show what was sent.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [lastPending])

  async function toEnd() {
    if (timelineStore(channel).getState().timeline?.hasNewer) await loadWindow(channel)
    requestAnimationFrame(() => virtual.scrollToEnd())
  }

  function onScroll() {
    const box = scroller.current
    if (!box || !timeline) return
    const below = box.scrollHeight - box.scrollTop - box.clientHeight
    setAtEnd(below <= AT_END_PX && !timeline.hasNewer)
    if (settled.current === '') return
    if (box.scrollTop < EDGE_PX && timeline.hasOlder) void loadMore(channel, 'older')
    if (below < EDGE_PX && timeline.hasNewer) void loadMore(channel, 'newer')
  }

  useReading({ channel, rows, virtual, ready: timeline !== null && settled.current !== '' })
  const keys = useRowKeys({ rows, virtual, channel, onThread })

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape' && !event.defaultPrevented) void toEnd()
    else keys.onKeyDown(event)
  }

  if (!timeline) {
    return (
      <div className="flex min-h-0 flex-1 flex-col justify-end p-4">
        {problem ? <ProblemNotice error={problem} retry={() => openChannel(channel)} /> : <Skeleton lines={6} label={t('loading')} />}
      </div>
    )
  }
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {loading && loading !== 'window' && (
        <div className="pointer-events-none absolute inset-x-0 top-2 z-10 flex justify-center text-soft">
          <Spinner label={t('loading')} />
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        role="group"
        aria-label={t('messages')}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain"
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div className="relative flex min-h-full w-full flex-col justify-end">
          <div className="relative w-full shrink-0" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index]
              if (!row) return null
              return (
                <div
                  key={item.key}
                  ref={virtual.measureElement}
                  data-index={item.index}
                  className="absolute inset-x-0 top-0"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  {row.kind === 'start' ? (
                    <ChannelStart channel={channel} />
                  ) : (
                    <RowView row={row} space={space} channel={channel} marked={row.kind === 'message' && row.message.id === target} tabbable={keys.isTabbable(item.index)} onThread={onThread} />
                  )}
                </div>
              )
            })}
          </div>
        </div>
      </div>
      {problem && (
        <div className="px-4 pb-2">
          <ProblemNotice error={problem} retry={() => loadMore(channel, 'older')} />
        </div>
      )}
      {!atEnd && <JumpToEnd channel={channel} onJump={toEnd} />}
      <Announcer items={timeline.items} me={me} />
    </div>
  )
}
