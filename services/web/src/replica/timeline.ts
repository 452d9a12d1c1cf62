/** A window over the messages of one channel: a page of the API, kept true by events. Pure. */
import { messageOf, type Message, type MessagePage } from '@/api/types'
import type { EventFrame } from '@/realtime/protocol'

export const WINDOW_MAX = 500

export interface Timeline {
  /** The channel's position up to which events are in. */
  seq: number
  /** In order of `seq`, without gaps between the first and the last. */
  items: readonly Message[]
  hasOlder: boolean
  /** The window ends before the newest message. */
  hasNewer: boolean
}

export function timelineOf(page: MessagePage): Timeline {
  return {
    seq: page.seq,
    items: page.items,
    hasOlder: page.prev_cursor !== null,
    hasNewer: page.next_cursor !== null,
  }
}

export function withOlder(state: Timeline, page: MessagePage): Timeline {
  const first = state.items[0]?.seq ?? Infinity
  const items = [...page.items.filter((one) => one.seq < first), ...state.items]
  const kept = items.slice(0, WINDOW_MAX)
  return {
    ...state,
    items: kept,
    hasOlder: page.prev_cursor !== null,
    hasNewer: state.hasNewer || kept.length < items.length,
  }
}

/** `page` may be older than events already applied: what the window lacks of those is still after it. */
export function withNewer(state: Timeline, page: MessagePage): Timeline {
  const last = state.items.at(-1)?.seq ?? 0
  const items = [...state.items, ...page.items.filter((one) => one.seq > last)]
  const kept = items.slice(-WINDOW_MAX)
  return {
    ...state,
    items: kept,
    hasOlder: state.hasOlder || kept.length < items.length,
    hasNewer: page.next_cursor !== null || page.seq < state.seq,
  }
}

type Data = { message_id: string; user_id: string; emoji: string; count: number; pinned_at: string }
type ThreadData = { id: string; parent_message_id: string | null }

export function applyToTimeline(state: Timeline, frame: EventFrame, me: string): Timeline {
  if (frame.seq <= state.seq) return state
  return { ...applyEvent(state, frame, me), seq: frame.seq }
}

/** An event that came while a page was on its way: the page may be older than it. Twice is as once. */
export function reapply(state: Timeline, frame: EventFrame, me: string): Timeline {
  return { ...applyEvent(state, frame, me), seq: Math.max(state.seq, frame.seq) }
}

function applyEvent(state: Timeline, frame: EventFrame, me: string): Timeline {
  const data = frame.data as Data
  switch (frame.type) {
    case 'message_posted':
      return withPosted(state, messageOf(frame.data))
    case 'message_edited':
      return change(state, messageOf(frame.data).id, (held) => ({
        ...messageOf(frame.data),
        reactions: held.reactions,
        thread: held.thread,
        thread_id: messageOf(frame.data).thread_id ?? held.thread_id,
      }))
    case 'message_deleted':
      return change(state, messageOf(frame.data).id, () => ({ ...messageOf(frame.data), reactions: [], files: [], attachments: [] }))
    case 'reaction_added':
    case 'reaction_removed':
      return change(state, data.message_id, (held) => ({ ...held, reactions: reacted(held, data, frame.type, me) }))
    case 'message_pinned':
      return change(state, data.message_id, (held) => ({ ...held, pinned_at: data.pinned_at }))
    case 'message_unpinned':
      return change(state, data.message_id, (held) => ({ ...held, pinned_at: null }))
    case 'thread_created': {
      const thread = frame.data as ThreadData
      return change(state, thread.parent_message_id ?? '', (held) => ({ ...held, thread_id: thread.id }))
    }
    case 'thread_updated': {
      const { parent_message_id, messages, last_at } = frame.data as unknown as {
        parent_message_id: string
        messages: number
        last_at: string | null
      }
      return change(state, parent_message_id, (held) => ({ ...held, thread: { messages, last_at } }))
    }
    default:
      return state
  }
}

/** The answer to one's own post may come before its event, or after: one row either way. */
export function withPosted(state: Timeline, message: Message): Timeline {
  if (state.hasNewer || state.items.some((one) => one.id === message.id)) return state
  const at = state.items.findLastIndex((one) => one.seq < message.seq) + 1
  if (at === 0 && state.hasOlder) return state
  const items = [...state.items.slice(0, at), message, ...state.items.slice(at)]
  if (items.length <= WINDOW_MAX) return { ...state, items }
  return { ...state, items: items.slice(-WINDOW_MAX), hasOlder: true }
}

function change(state: Timeline, id: string, by: (held: Message) => Message): Timeline {
  const at = state.items.findIndex((one) => one.id === id)
  const held = state.items[at]
  if (!held) return state
  return { ...state, items: state.items.with(at, by(held)) }
}

function reacted(held: Message, { emoji, count, user_id }: Data, type: string, me: string): Message['reactions'] {
  const known = held.reactions.find((one) => one.emoji === emoji)
  const mine = user_id === me ? type === 'reaction_added' : (known?.me ?? false)
  if (count === 0) return held.reactions.filter((one) => one !== known)
  if (!known) return [...held.reactions, { emoji, count, me: mine }]
  return held.reactions.map((one) => (one === known ? { emoji, count, me: mine } : one))
}
