import { createStore, type StoreApi } from 'zustand'
import { answer, api } from '@/api/client'
import { asProblem, type Problem } from '@/api/problems'
import { messageOf, type Message, type MessagePage } from '@/api/types'
import type { EventFrame } from '@/realtime/protocol'
import { meet } from './people'
import { applyToTimeline, reapply, type Timeline, timelineOf, withNewer, withOlder, withPosted } from './timeline'

const PAGE = 60
const KEPT_MAX = 12

export interface TimelineStore {
  timeline: Timeline | null
  loading: 'window' | 'older' | 'newer' | null
  problem: Problem | null
}

interface Held {
  store: StoreApi<TimelineStore>
  /** Events that came while a page was on its way. */
  pending: EventFrame[]
  /** Counts loads of a whole window: an answer to an earlier one is dropped. */
  load: number
}

const held = new Map<string, Held>()
let me = ''

export function timelinesOf(user: string): void {
  if (me !== user) held.clear()
  me = user
}

export function timelineStore(channel: string): StoreApi<TimelineStore> {
  return heldOf(channel).store
}

function heldOf(channel: string): Held {
  const known = held.get(channel)
  if (known) {
    held.delete(channel)
    held.set(channel, known)
    return known
  }
  const store = createStore<TimelineStore>(() => ({ timeline: null, loading: null, problem: null }))
  const made: Held = { store, pending: [], load: 0 }
  held.set(channel, made)
  const oldest = held.keys().next().value
  if (held.size > KEPT_MAX && oldest !== undefined) held.delete(oldest)
  return made
}

/** The newest messages, or those around one. The answer is the channel's position. */
export async function loadWindow(channel: string, around: string | null = null): Promise<number | null> {
  const one = heldOf(channel)
  const load = ++one.load
  one.pending = []
  one.store.setState({ loading: 'window', problem: null })
  try {
    const page = await fetchPage(channel, around ? { around } : {})
    if (one.load !== load) return null
    const timeline = one.pending.reduce((state, frame) => applyToTimeline(state, frame, me), timelineOf(page))
    one.pending = []
    one.store.setState({ timeline, loading: null })
    return page.seq
  } catch (error) {
    if (one.load === load) one.store.setState({ loading: null, problem: asProblem(error) })
    return null
  }
}

export async function loadMore(channel: string, side: 'older' | 'newer'): Promise<void> {
  const one = heldOf(channel)
  const { timeline, loading } = one.store.getState()
  const edge = side === 'older' ? timeline?.items[0] : timeline?.items.at(-1)
  if (!edge || loading) return
  const load = one.load
  one.store.setState({ loading: side, problem: null })
  try {
    const page = await fetchPage(channel, side === 'older' ? { before: edge.id } : { after: edge.id })
    if (one.load !== load) return
    const { timeline: now } = one.store.getState()
    const merged = now && (side === 'older' ? withOlder(now, page) : withNewer(now, page))
    const since = one.pending.filter((frame) => frame.seq > page.seq)
    one.pending = []
    one.store.setState({ loading: null, timeline: merged && since.reduce((state, frame) => reapply(state, frame, me), merged) })
  } catch (error) {
    if (one.load === load) one.store.setState({ loading: null, problem: asProblem(error) })
  }
}

export function takeEvent(channel: string, frame: EventFrame): void {
  const one = held.get(channel)
  if (!one) return
  if (frame.type === 'message_posted') meet([messageOf(frame.data).author])
  one.store.setState(({ timeline }) => ({ timeline: timeline && applyToTimeline(timeline, frame, me) }))
  if (one.store.getState().loading) one.pending.push(frame)
}

/** One's own message, as the server took it. */
export function takeOwn(message: Message): void {
  held.get(message.channel_id)?.store.setState(({ timeline }) => ({
    timeline: timeline && withPosted(timeline, message),
  }))
}

/** Channels whose windows are held: after a reset they are fetched again. */
export function isHeld(channel: string): boolean {
  return Boolean(held.get(channel)?.store.getState().timeline)
}

/** Whether the held window has the newest message. */
export function isAtEnd(channel: string): boolean {
  return held.get(channel)?.store.getState().timeline?.hasNewer === false
}

async function fetchPage(channel: string, at: { before?: string; after?: string; around?: string }): Promise<MessagePage> {
  const params = { path: { channel_id: channel }, query: { ...at, limit: PAGE } }
  const page = await answer(api.GET('/api/v1/channels/{channel_id}/messages', { params }))
  const items = page.items.map(messageOf)
  meet(items.map((one) => one.author))
  return { items, seq: page.seq, next_cursor: page.next_cursor ?? null, prev_cursor: page.prev_cursor ?? null }
}
