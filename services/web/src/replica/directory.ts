/** Spaces, channels and what is unread in them: `GET /api/v1/start`, kept true by events. Pure. */
import { messageOf, type Channel, type Space, type Start, type Unread } from '@/api/types'
import type { EventFrame } from '@/realtime/protocol'

export interface Directory {
  spaces: Readonly<Record<string, Space>>
  channels: Readonly<Record<string, Channel>>
  unread: Readonly<Record<string, Unread>>
  /** What events cannot tell changed (permissions, a new channel's): fetch again. */
  stale: boolean
}

export const EMPTY: Directory = { spaces: {}, channels: {}, unread: {}, stale: false }

export function directoryOf(start: Start): Directory {
  const channels = [...start.spaces.flatMap((space) => space.channels), ...start.threads]
  return {
    spaces: Object.fromEntries(start.spaces.map(({ channels: _, ...space }) => [space.id, space])),
    channels: Object.fromEntries(channels.map((channel) => [channel.id, channel])),
    unread: Object.fromEntries(start.unread.map((one) => [one.channel_id, one])),
    stale: false,
  }
}

type Data = Record<string, unknown> & { id: string; space_id: string; channel_id: string; user_id: string }

export function applyToDirectory(state: Directory, frame: EventFrame, me: string): Directory {
  const data = frame.data as Data
  switch (frame.type) {
    case 'space_updated':
      return state.spaces[data.id] ? { ...state, spaces: changed(state.spaces, data.id, data) } : state
    case 'space_deleted':
      return withoutSpace(state, data.id)
    case 'channel_created':
    case 'access_changed':
      return { ...state, stale: true }
    case 'channel_updated':
      return state.channels[data.id] ? { ...state, channels: changed(state.channels, data.id, data) } : { ...state, stale: true }
    case 'channel_deleted':
      return withoutChannels(state, [data.id, ...((data.threads as string[] | undefined) ?? [])])
    case 'member_updated':
      return (data.user as { id?: string } | undefined)?.id === me ? { ...state, stale: true } : state
    case 'member_left':
      return data.user_id === me ? withoutSpace(state, data.space_id) : state
    case 'message_posted':
      return posted(state, frame, me)
    case 'read_moved':
      return readMoved(state, data.channel_id, data.seq as number, data.mentions as number)
    case 'mention_added':
      return mentioned(state, data.channel_id, 1)
    case 'mention_removed':
      return mentioned(state, data.channel_id, -1)
    default:
      return state
  }
}

/** What the reader has seen here; the server is told apart from this. */
export function readMoved(state: Directory, channel: string, seq: number, mentions: number): Directory {
  const known = state.unread[channel]
  if (!known) return state
  const left = Math.max(0, known.last_seq - seq)
  // Positions count events of all kinds, so this is the most it can be, and at least one when the marker moved back.
  const unread = seq < known.read_seq ? Math.max(1, known.unread) : Math.min(known.unread, left)
  return { ...state, unread: { ...state.unread, [channel]: { ...known, read_seq: seq, unread, mentions } } }
}

function posted(state: Directory, frame: EventFrame, me: string): Directory {
  const message = messageOf(frame.data)
  const channel = state.channels[message.channel_id]
  if (!channel) return state
  const known = state.unread[channel.id] ?? {
    channel_id: channel.id,
    space_id: channel.space_id,
    read_seq: 0,
    last_seq: 0,
    unread: 0,
    mentions: 0,
  }
  if (frame.seq <= known.last_seq) return state
  const mine = message.author.id === me
  const role = state.spaces[channel.space_id]?.role
  // Mentions by name are told on the reader's own topic.
  const called = !mine && (message.mentions.channel || (role && message.mentions.roles?.includes(role)))
  const unread = {
    ...known,
    last_seq: frame.seq,
    unread: mine ? known.unread : known.unread + 1,
    mentions: known.mentions + (called ? 1 : 0),
  }
  return { ...state, unread: { ...state.unread, [channel.id]: unread } }
}

function mentioned(state: Directory, channel: string, change: number): Directory {
  const known = state.unread[channel]
  if (!known) return state
  const mentions = Math.max(0, known.mentions + change)
  return { ...state, unread: { ...state.unread, [channel]: { ...known, mentions } } }
}

function changed<T>(known: Readonly<Record<string, T>>, id: string, data: object): Record<string, T> {
  return { ...known, [id]: { ...known[id], ...data } as T }
}

function withoutChannels(state: Directory, ids: string[]): Directory {
  const gone = new Set(ids)
  const rest = <T>(known: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(known).filter(([id]) => !gone.has(id)))
  return { ...state, channels: rest(state.channels), unread: rest(state.unread) }
}

function withoutSpace(state: Directory, id: string): Directory {
  const inside = Object.values(state.channels).filter((channel) => channel.space_id === id)
  const { [id]: _, ...spaces } = state.spaces
  return { ...withoutChannels(state, inside.map((channel) => channel.id)), spaces }
}
