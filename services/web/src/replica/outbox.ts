import { create } from 'zustand'
import { answer, api } from '@/api/client'
import { asProblem, type Problem } from '@/api/problems'
import { messageOf, type Message } from '@/api/types'
import { newNonce } from '@/lib/ids'
import { backoff } from '@/realtime/backoff'
import { outboxDatabase, type Outgoing } from './outbox-database'

export interface OutboxEntry extends Outgoing {
  state: 'waiting' | 'sending' | 'failed'
  problem: Problem | null
}

interface Outbox {
  entries: readonly OutboxEntry[]
  /** The browser's database took nothing: what is not sent is lost with the page. */
  unkept: boolean
}

export const useOutbox = create<Outbox>(() => ({ entries: [], unkept: false }))

let onSent: (message: Message) => void = () => {}
const busy = new Set<string>()
const tries = new Map<string, number>()

/** Send what an earlier page left, and tell of what was accepted. */
export async function openOutbox(owner: string, sent: (message: Message) => void): Promise<void> {
  onSent = sent
  try {
    const left = await outboxDatabase.all(owner)
    const held = new Set(useOutbox.getState().entries.map((one) => one.nonce))
    const entries = left.filter((one) => !held.has(one.nonce))
    useOutbox.setState((state) => ({
      entries: [...entries.map((one) => ({ ...one, state: 'waiting' as const, problem: null })), ...state.entries],
    }))
  } catch {
    useOutbox.setState({ unkept: true })
  }
  flushOutbox()
}

export function closeOutbox(): void {
  useOutbox.setState({ entries: [], unkept: false })
}

export function post(message: Omit<Outgoing, 'nonce' | 'at'>): void {
  const entry: OutboxEntry = { ...message, nonce: newNonce(), at: Date.now(), state: 'waiting', problem: null }
  useOutbox.setState(({ entries }) => ({ entries: [...entries, entry] }))
  const { state: _, problem: __, ...kept } = entry
  outboxDatabase.put(kept).then(
    () => useOutbox.setState({ unkept: false }),
    () => useOutbox.setState({ unkept: true }),
  )
  void sendNext(entry.channel)
}

export function retry(nonce: string): void {
  change(nonce, { state: 'waiting', problem: null })
  flushOutbox()
}

export function discard(nonce: string): void {
  useOutbox.setState(({ entries }) => ({ entries: entries.filter((one) => one.nonce !== nonce) }))
  outboxDatabase.remove(nonce).catch(() => {})
}

/** The connection is back, or a page begins. */
export function flushOutbox(): void {
  for (const channel of new Set(useOutbox.getState().entries.map((one) => one.channel))) void sendNext(channel)
}

/** In order: the next of a channel waits for the one before it, failed ones for their owner. */
async function sendNext(channel: string): Promise<void> {
  if (busy.has(channel)) return
  const next = useOutbox.getState().entries.find((one) => one.channel === channel && one.state !== 'failed')
  if (!next) return
  busy.add(channel)
  change(next.nonce, { state: 'sending' })
  try {
    const message = await send(next)
    tries.delete(channel)
    onSent(message)
    discard(next.nonce)
  } catch (error) {
    const problem = asProblem(error)
    const later = problem.passing || problem.status === 401
    change(next.nonce, { state: later ? 'waiting' : 'failed', problem: later ? null : problem })
    if (later) return void tryAgain(channel, problem.retryAfter)
  } finally {
    busy.delete(channel)
  }
  void sendNext(channel)
}

function tryAgain(channel: string, seconds: number | null): void {
  const tried = tries.get(channel) ?? 0
  tries.set(channel, tried + 1)
  setTimeout(() => void sendNext(channel), seconds ? seconds * 1000 : backoff(tried))
}

async function send({ channel, content, nonce, replyTo, files }: Outgoing): Promise<Message> {
  const body = { content, nonce, reply_to: replyTo, attachments: files.map((file) => file.id) }
  const path = { channel_id: channel }
  return messageOf(await answer(api.POST('/api/v1/channels/{channel_id}/messages', { params: { path }, body })))
}

function change(nonce: string, by: Partial<OutboxEntry>): void {
  useOutbox.setState(({ entries }) => ({
    entries: entries.map((one) => (one.nonce === nonce ? { ...one, ...by } : one)),
  }))
}
