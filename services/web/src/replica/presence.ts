import { create } from 'zustand'
import type { PresenceState, ServerFrame } from '@/realtime/protocol'

interface Presence {
  /** By user; those not here are offline, or unknown where the space is too large. */
  states: Record<string, PresenceState>
  /** By channel: who writes, until when (ms). */
  typing: Record<string, Record<string, number>>
}

export const usePresence = create<Presence>(() => ({ states: {}, typing: {} }))

export function takePresence(frame: ServerFrame, me: string): void {
  if (frame.op === 'ready') {
    usePresence.setState({ states: {} }) // A list for each space follows.
  } else if (frame.op === 'presence') {
    usePresence.setState(({ states }) => ({ states: { ...states, [frame.user_id]: frame.state } }))
  } else if (frame.op === 'presence_list') {
    const told = Object.fromEntries(frame.people.map((one) => [one.user_id, one.state]))
    usePresence.setState(({ states }) => ({ states: { ...states, ...told } }))
  } else if (frame.op === 'typing' && frame.user_id !== me) {
    writes(frame.channel_id, frame.user_id, Date.parse(frame.until))
  }
}

function writes(channel: string, user: string, until: number): void {
  usePresence.setState(({ typing }) => ({ typing: { ...typing, [channel]: { ...typing[channel], [user]: until } } }))
  setTimeout(() => stopsWriting(channel, user), Math.max(0, until - Date.now()))
}

/** Its time is over, or what was written has arrived. */
export function stopsWriting(channel: string, user: string, now = Date.now()): void {
  usePresence.setState(({ typing }) => {
    const { [user]: until, ...others } = typing[channel] ?? {}
    return until === undefined || until > now ? { typing } : { typing: { ...typing, [channel]: others } }
  })
}
