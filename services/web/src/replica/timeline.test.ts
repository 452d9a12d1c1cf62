import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Message, messageOf } from '@/api/types'
import type { EventFrame } from '@/realtime/protocol'
import { applyToTimeline, reapply, type Timeline, timelineOf, WINDOW_MAX, withNewer, withOlder, withPosted } from './timeline'

const ME = '019c0000-0000-7000-8000-000000000001'
const examples = new URL('../../../../libs/contracts/src/contracts/examples/', import.meta.url)

function exampleFrames(): EventFrame[] {
  return readdirSync(examples).map((name) => {
    const event = JSON.parse(readFileSync(new URL(name, examples), 'utf8'))
    return { op: 'event', topic: event.topic, seq: event.seq, type: event.type.split('.')[1], at: event.at, data: event.data }
  })
}

function message(seq: number, content = `m${seq}`): Message {
  return messageOf({
    id: `id-${seq}`,
    channel_id: 'c',
    seq,
    author: { id: seq % 2 ? ME : 'other', display_name: 'A' },
    content,
    nonce: `n-${seq}`,
    created_at: '2026-11-29T12:00:00.000Z',
  })
}

const frame = (seq: number, type: string, data: unknown): EventFrame => ({ op: 'event', topic: 'channel:c', seq, type, at: '', data })
const page = (items: Message[], seq: number, more: Partial<{ next_cursor: string; prev_cursor: string }> = {}) => ({
  items,
  seq,
  next_cursor: null,
  prev_cursor: null,
  ...more,
})
const empty: Timeline = timelineOf(page([], 0))

/** A history of one channel, as the server tells it: each step an event. */
const histories = fc.array(fc.tuple(fc.constantFrom('post', 'edit', 'delete', 'react', 'unreact', 'pin', 'unpin'), fc.nat(30)), { maxLength: 60 }).map((steps) => {
  const frames: EventFrame[] = []
  const posted: Message[] = []
  for (const [kind, pick] of steps) {
    const seq = frames.length + 1
    const about = posted[pick % Math.max(1, posted.length)]
    if (kind === 'post' || !about) {
      posted.push(message(seq))
      frames.push(frame(seq, 'message_posted', message(seq)))
    } else if (kind === 'edit') frames.push(frame(seq, 'message_edited', { ...about, content: `edit ${seq}`, rev: seq }))
    else if (kind === 'delete') frames.push(frame(seq, 'message_deleted', { ...about, content: '', deleted_at: 'now' }))
    else if (kind === 'react') frames.push(frame(seq, 'reaction_added', { message_id: about.id, user_id: ME, emoji: '👍', count: 1 }))
    else if (kind === 'unreact') frames.push(frame(seq, 'reaction_removed', { message_id: about.id, user_id: ME, emoji: '👍', count: 0 }))
    else if (kind === 'pin') frames.push(frame(seq, 'message_pinned', { message_id: about.id, pinned_at: 'then' }))
    else frames.push(frame(seq, 'message_unpinned', { message_id: about.id }))
  }
  return frames
})
const replay = (frames: EventFrame[], from: Timeline = empty) => frames.reduce((state, one) => applyToTimeline(state, one, ME), from)

describe('a timeline', () => {
  test('takes every example event without harm', () => {
    for (const one of exampleFrames()) expect(applyToTimeline(empty, one, ME).seq).toBe(one.seq)
  })

  test('is, from a snapshot and what followed, what a later snapshot is', () => {
    fc.assert(
      fc.property(histories, fc.nat(60), (frames, cut) => {
        const whole = replay(frames)
        const snapshot = replay(frames.slice(0, cut))
        expect(replay(frames.slice(cut), snapshot)).toEqual(whole)
      }),
    )
  })

  test('is the same when events come twice or overlap the snapshot', () => {
    fc.assert(
      fc.property(histories, fc.nat(60), fc.nat(60), (frames, cut, back) => {
        const snapshot = replay(frames.slice(0, cut))
        const overlapping = frames.slice(Math.max(0, Math.min(cut, frames.length) - back))
        expect(replay(overlapping.flatMap((one) => [one, one]), snapshot)).toEqual(replay(frames))
      }),
    )
  })

  test('has one row for an own message, whichever of echo and answer comes first', () => {
    const echo = frame(1, 'message_posted', message(1))
    const echoFirst = withPosted(applyToTimeline(empty, echo, ME), message(1))
    const answerFirst = applyToTimeline(withPosted(empty, message(1)), echo, ME)
    expect(echoFirst.items).toEqual([message(1)])
    expect(answerFirst.items).toEqual(echoFirst.items)
  })

  test('keeps its reactions through an edit', () => {
    const reacted = replay([frame(1, 'message_posted', message(1)), frame(2, 'reaction_added', { message_id: 'id-1', user_id: ME, emoji: '👍', count: 1 })])
    const edited = applyToTimeline(reacted, frame(3, 'message_edited', { ...message(1), content: 'new', reactions: [] }), ME)
    expect(edited.items[0]?.reactions).toEqual([{ emoji: '👍', count: 1, me: true }])
    expect(edited.items[0]?.content).toBe('new')
  })

  test('never holds more than its window, and knows what it let go', () => {
    const full = replay(Array.from({ length: WINDOW_MAX + 20 }, (_, at) => frame(at + 1, 'message_posted', message(at + 1))))
    expect(full.items).toHaveLength(WINDOW_MAX)
    expect(full.hasOlder).toBe(true)
    const older = withOlder(full, page([message(19), message(20)], full.seq))
    expect(older.items).toHaveLength(WINDOW_MAX)
    expect(older.hasNewer).toBe(true)
  })

  test('does not append news to a window that ends before them', () => {
    const past = timelineOf(page([message(1), message(2)], 50, { next_cursor: 'x' }))
    expect(applyToTimeline(past, frame(51, 'message_posted', message(51)), ME).items).toHaveLength(2)
    const grown = withNewer(past, page([message(3)], 51))
    expect(grown.items.map((one) => one.seq)).toEqual([1, 2, 3])
  })

  test('takes an event again over a page that is older than it', () => {
    const state = replay([frame(1, 'message_posted', message(1)), frame(2, 'message_edited', { ...message(1), content: 'new' })])
    const stale = { ...state, items: [message(1)] }
    expect(reapply(stale, frame(2, 'message_edited', { ...message(1), content: 'new' }), ME).items[0]?.content).toBe('new')
  })
})
