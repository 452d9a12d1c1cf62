import type { Message } from '@/api/types'
import { startOfDay } from '@/lib/time'
import type { OutboxEntry } from '@/replica/outbox'

export type Row =
  | { kind: 'start'; key: string }
  | { kind: 'day'; key: string; day: number }
  | { kind: 'new'; key: string }
  | { kind: 'message'; key: string; message: Message; grouped: boolean }
  | { kind: 'pending'; key: string; entry: OutboxEntry; grouped: boolean }

const GROUP_MS = 5 * 60_000

interface Options {
  me: string
  /** What was read when this visit began; null when nothing was new then. */
  readSeq: number | null
  hasOlder: boolean
}

/** What stands under each other: day lines, the "new" line, messages in groups by author, what is on its way. */
export function rowsOf(items: readonly Message[], pending: readonly OutboxEntry[], { me, readSeq, hasOlder }: Options): Row[] {
  const rows: Row[] = hasOlder ? [] : [{ kind: 'start', key: 'start' }]
  let last: { author: string; at: number } | null = null
  let newShown = readSeq === null
  for (const message of items) {
    const at = Date.parse(message.created_at)
    if (!last || startOfDay(at) !== startOfDay(last.at)) {
      rows.push({ kind: 'day', key: `day:${startOfDay(at)}`, day: startOfDay(at) })
      last = null
    }
    if (!newShown && message.seq > (readSeq ?? 0) && message.author.id !== me) {
      rows.push({ kind: 'new', key: 'new' })
      newShown = true
      last = null
    }
    const plain = message.kind === 'text' && !message.reply_to
    const grouped = plain && last?.author === message.author.id && at - last.at < GROUP_MS
    rows.push({ kind: 'message', key: keyOf(message), message, grouped })
    last = message.kind === 'text' ? { author: message.author.id, at } : { author: '', at }
  }
  const arrived = new Set(items.filter((one) => one.author.id === me).map((one) => one.nonce))
  for (const entry of pending) {
    if (arrived.has(entry.nonce)) continue
    const grouped = !entry.replyTo && last?.author === me && entry.at - last.at < GROUP_MS
    rows.push({ kind: 'pending', key: `${me}:${entry.nonce}`, entry, grouped })
    last = { author: me, at: entry.at }
  }
  return rows
}

/** By nonce, so that a message on its way and the same one arrived are one row that does not move. */
export function keyOf(message: Message): string {
  return message.nonce ? `${message.author.id}:${message.nonce}` : message.id
}
