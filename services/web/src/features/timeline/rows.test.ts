import { expect, test } from 'vitest'
import { messageOf } from '@/api/types'
import { rowsOf } from './rows'

const message = (seq: number, author: string, at: string) =>
  messageOf({ id: `m${seq}`, channel_id: 'c', seq, author: { id: author, display_name: author }, content: 'x', nonce: `n${seq}`, created_at: at })
const options = { me: 'me', readSeq: null, hasOlder: true }
const entry = { nonce: 'n3', owner: 'me', channel: 'c', content: 'x', replyTo: null, files: [], at: Date.parse('2026-11-29T12:00:30'), state: 'sending' as const, problem: null }

test('messages of one author within five minutes stand together', () => {
  const rows = rowsOf([message(1, 'a', '2026-11-29T12:00:00'), message(2, 'a', '2026-11-29T12:04:00'), message(3, 'a', '2026-11-29T12:10:00')], [], options)
  expect(rows.map((row) => (row.kind === 'message' ? row.grouped : row.kind))).toEqual(['day', false, true, false])
})

test('the new line stands before the first message of another that was not read', () => {
  const items = [message(1, 'a', '2026-11-29T12:00:00'), message(2, 'me', '2026-11-29T12:01:00'), message(3, 'a', '2026-11-29T12:02:00')]
  expect(rowsOf(items, [], { ...options, readSeq: 1 }).map((row) => row.key)).toEqual([expect.stringContaining('day'), 'a:n1', 'me:n2', 'new', 'a:n3'])
})

test('a message on its way and the same one arrived are one row', () => {
  const waiting = rowsOf([], [entry], options).map((row) => row.key)
  const arrived = rowsOf([message(3, 'me', '2026-11-29T12:00:31')], [entry], options).filter((row) => row.kind === 'message' || row.kind === 'pending')
  expect(arrived.map((row) => row.key)).toEqual(waiting)
})
