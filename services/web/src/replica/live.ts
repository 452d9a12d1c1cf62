import { create } from 'zustand'
import { answer, api } from '@/api/client'
import { asProblem, type Problem } from '@/api/problems'
import type { Message } from '@/api/types'
import { Emitter } from '@/lib/emitter'
import { Connection, useConnection } from '@/realtime/connection'
import type { EventFrame } from '@/realtime/protocol'
import { stayAwake } from '@/realtime/wake'
import { freshToken, refresh } from '@/session/session'
import { applyToDirectory, type Directory, directoryOf, EMPTY, readMoved } from './directory'
import { closeOutbox, flushOutbox, openOutbox } from './outbox'
import { stopsWriting, takePresence } from './presence'
import { endUnlessRenewed, keepToken } from './session-upkeep'
import { isAtEnd, isHeld, loadWindow, takeEvent, takeOwn, timelinesOf } from './timelines'

interface Live {
  directory: Directory
  loaded: boolean
  problem: Problem | null
}

export const useLive = create<Live>(() => ({ directory: EMPTY, loaded: false, problem: null }))

/** Every event, after it has been applied: for what is told, not shown. */
export const news = new Emitter<EventFrame>()

/** Topics that one socket may watch leave room for an open space's channels. */
const SPACES_MAX = 80
const CHANNELS_MAX = 100

let connection: Connection | null = null
let me = ''
const seqs: Record<string, number> = {}
/** Events that come while the directory is on its way. */
let since: EventFrame[] | null = null
const watching = new Map<string, () => void>()

/** Begin to follow everything that concerns this person; the answer ends it. */
export function follow(user: string): () => void {
  me = user
  timelinesOf(user)
  connection = new Connection({
    token: freshToken,
    renew: refresh,
    ended: (session) => void endUnlessRenewed(session, () => connection?.check()),
  })
  const ends = [connection.frames.on((frame) => takePresence(frame, me)), stayAwake(connection), onReconnect(), keepToken(connection)]
  void loadDirectory()
  void openOutbox(user, takeOwn)
  connection.start()
  return () => {
    for (const end of ends) end()
    watching.clear()
    connection?.stop()
    connection = null
    closeOutbox()
    useLive.setState({ directory: EMPTY, loaded: false, problem: null })
  }
}

let loading: Promise<void> | null = null

/** Fetch all spaces, channels and what is unread, of one moment. */
export function loadDirectory(): Promise<void> {
  loading ??= fetchDirectory().finally(() => {
    loading = null
  })
  return loading
}

async function fetchDirectory(): Promise<void> {
  try {
    since = []
    const start = await answer(api.GET('/api/v1/start'))
    const missed = since.filter((frame) => frame.seq > (start.seqs[frame.topic] ?? Infinity))
    for (const [topic, seq] of Object.entries(start.seqs)) seqs[topic] = Math.max(seq, seqs[topic] ?? 0)
    const directory = missed.reduce((state, frame) => applyToDirectory(state, frame, me), directoryOf(start))
    useLive.setState({ directory, loaded: true, problem: null })
    watch(`user:${me}`)
    for (const space of start.spaces.slice(0, SPACES_MAX)) watch(`space:${space.id}`)
  } catch (error) {
    useLive.setState({ problem: asProblem(error) })
  } finally {
    since = null
  }
}

/** Follow the channels of the space that is open: their counts, and who writes there. */
export function openSpace(space: string): void {
  const { channels, unread } = useLive.getState().directory
  watch(`space:${space}`)
  const inside = Object.values(channels).filter((one) => one.space_id === space)
  const recent = inside.toSorted((a, b) => (unread[b.id]?.last_seq ?? 0) - (unread[a.id]?.last_seq ?? 0))
  const wanted = new Set(recent.slice(0, CHANNELS_MAX).map((one) => `channel:${one.id}`))
  for (const topic of watching.keys()) if (topic.startsWith('channel:') && !wanted.has(topic)) unwatch(topic)
  for (const topic of wanted) watch(topic)
}

/** Show a channel: its window is fetched, and followed from the window's position on. */
export async function openChannel(channel: string, around: string | null = null): Promise<void> {
  const topic = `channel:${channel}`
  if (seqs[topic] !== undefined) watch(topic)
  const isFresh = isAtEnd(channel) && watching.has(topic)
  const seq = isFresh && !around ? null : await loadWindow(channel, around)
  if (seq !== null) {
    seqs[topic] ??= seq
    watch(topic)
  }
}

export function sayTyping(channel: string): void {
  connection?.send({ op: 'typing', channel_id: channel })
}

/** Seen up to here; on all devices. */
export async function markRead(channel: string, seq: number): Promise<void> {
  const { directory } = useLive.getState()
  const known = directory.unread[channel]
  if (!known || seq === known.read_seq) return
  const mentions = seq >= known.last_seq ? 0 : known.mentions
  useLive.setState({ directory: readMoved(directory, channel, seq, mentions) })
  const params = { path: { channel_id: channel } }
  await answer(api.PUT('/api/v1/channels/{channel_id}/read', { params, body: { seq } })).catch(() => {})
}

/** All channels of a space at once; the counts follow by events, or with the next directory. */
export async function markSpaceRead(space: string): Promise<void> {
  await answer(api.PUT('/api/v1/spaces/{space_id}/read', { params: { path: { space_id: space } } })).catch(() => {})
  await loadDirectory()
}

function watch(topic: string): void {
  if (!connection || watching.has(topic)) return
  watching.set(
    topic,
    connection.watch(topic, {
      seq: seqs[topic] ?? null,
      onEvent: take,
      onWatched: () => {},
      onReset: () => void reset(topic),
      onLost: () => unwatch(topic),
    }),
  )
}

function unwatch(topic: string): void {
  watching.get(topic)?.()
  watching.delete(topic)
}

function take(frame: EventFrame): void {
  seqs[frame.topic] = frame.seq
  since?.push(frame)
  const { directory } = useLive.getState()
  const changed = applyToDirectory(directory, frame, me)
  if (changed !== directory) useLive.setState({ directory: changed })
  if (changed.stale && !directory.stale) void loadDirectory()
  news.emit(frame)
  if (!frame.topic.startsWith('channel:')) return
  const channel = frame.topic.slice('channel:'.length)
  takeEvent(channel, frame)
  if (frame.type === 'message_posted') stopsWriting(channel, (frame.data as Message).author.id, Infinity)
}

/** More was missed than is kept: begin again from snapshots. */
async function reset(topic: string): Promise<void> {
  unwatch(topic)
  const channel = topic.startsWith('channel:') ? topic.slice('channel:'.length) : null
  await loadDirectory()
  if (channel && isHeld(channel)) await loadWindow(channel)
  watch(topic)
}

function onReconnect(): () => void {
  return useConnection.subscribe((now, before) => {
    if (now.status !== 'open' || before.status === 'open') return
    flushOutbox()
    if (!useLive.getState().loaded) void loadDirectory()
  })
}
