import { describe, expect, test } from 'vitest'
import type { Start } from '@/api/types'
import type { EventFrame } from '@/realtime/protocol'
import { applyToDirectory, directoryOf, readMoved } from './directory'

const ME = 'me'
const channel = { id: 'c', space_id: 's', name: 'general', created_at: '', permissions: ['view'] }
const start = {
  spaces: [{ id: 's', name: 'Space', created_at: '', role: 'moderator', permissions: [], channels: [channel] }],
  threads: [],
  unread: [{ channel_id: 'c', space_id: 's', read_seq: 5, last_seq: 5, unread: 0, mentions: 0 }],
  seqs: {},
} as unknown as Start
const frame = (seq: number, type: string, data: unknown): EventFrame => ({ op: 'event', topic: 'x', seq, type, at: '', data })
const posted = (seq: number, author: string, mentions = {}) =>
  frame(seq, 'message_posted', { id: `m${seq}`, channel_id: 'c', seq, author: { id: author }, content: '', mentions, created_at: '' })
const directory = directoryOf(start)
const unreadOf = (frames: EventFrame[]) => frames.reduce((state, one) => applyToDirectory(state, one, ME), directory).unread.c

describe('what is unread', () => {
  test('grows by what others post, once each', () => {
    expect(unreadOf([posted(6, 'you'), posted(6, 'you'), posted(7, 'you')])).toMatchObject({ unread: 2, last_seq: 7 })
  })

  test('does not grow by what one posts oneself', () => {
    expect(unreadOf([posted(6, ME)])).toMatchObject({ unread: 0, last_seq: 6 })
  })

  test('counts mentions of the channel, of one’s role and of one’s name', () => {
    const all = [posted(6, 'you', { channel: true }), posted(7, 'you', { roles: ['moderator'] }), frame(3, 'mention_added', { channel_id: 'c' })]
    expect(unreadOf(all)?.mentions).toBe(3)
    expect(unreadOf([posted(6, 'you', { roles: ['admin'] })])?.mentions).toBe(0)
  })

  test('ends when another device has read', () => {
    expect(unreadOf([posted(6, 'you'), frame(1, 'read_moved', { channel_id: 'c', seq: 6, mentions: 0 })])).toMatchObject({ unread: 0, read_seq: 6 })
  })

  test('comes back when the marker moves back', () => {
    expect(readMoved(directory, 'c', 3, 0).unread.c?.unread).toBe(1)
  })
})

describe('a directory', () => {
  test('is stale when it cannot know what one may do now', () => {
    expect(applyToDirectory(directory, frame(1, 'access_changed', { space_id: 's' }), ME).stale).toBe(true)
    expect(applyToDirectory(directory, frame(1, 'channel_created', { id: 'd', space_id: 's' }), ME).stale).toBe(true)
    expect(applyToDirectory(directory, frame(1, 'member_updated', { user: { id: 'you' } }), ME).stale).toBe(false)
  })

  test('loses a space with its channels when one leaves it', () => {
    const left = applyToDirectory(directory, frame(1, 'member_left', { space_id: 's', user_id: ME }), ME)
    expect(left).toMatchObject({ spaces: {}, channels: {}, unread: {} })
  })

  test('keeps what one may do through a change of name', () => {
    const renamed = applyToDirectory(directory, frame(1, 'channel_updated', { id: 'c', space_id: 's', name: 'new' }), ME)
    expect(renamed.channels.c).toMatchObject({ name: 'new', permissions: ['view'] })
  })
})
