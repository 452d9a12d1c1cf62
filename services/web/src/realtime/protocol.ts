/** The frames of `guildhall.v1`, as docs/openapi/asyncapi.json describes them. */
export interface EventFrame {
  op: 'event'
  topic: string
  seq: number
  type: string
  at: string
  data: unknown
}
export interface PresenceEntry {
  user_id: string
  state: PresenceState
}
export type PresenceState = 'active' | 'idle' | 'offline'

export type ServerFrame =
  | { op: 'ready'; session: string; user_id: string; heartbeat_ms: number }
  | EventFrame
  | { op: 'watched'; topic: string; seq: number }
  | { op: 'reset'; topic: string; seq: number }
  | { op: 'typing'; channel_id: string; user_id: string; until: string }
  | ({ op: 'presence'; space_id: string } & PresenceEntry)
  | { op: 'presence_list'; space_id: string; people: PresenceEntry[]; told: boolean }
  | { op: 'activity'; space_id?: string; channel_id: string; seq: number }
  | { op: 'pong'; n: number }
  | { op: 'problem'; code: string; title: string; topic?: string }

export type ClientFrame =
  | { op: 'hello'; token: string }
  | { op: 'watch'; topics: Record<string, number | null> }
  | { op: 'unwatch'; topics: string[] }
  | { op: 'typing'; channel_id: string }
  | { op: 'presence'; state: 'active' | 'idle' }
  | { op: 'ping'; n: number }

export const CLOSE = {
  restart: 1012,
  badToken: 4001,
  sessionEnded: 4003,
  tooSlow: 4008,
  badFrame: 4009,
  tooMany: 4013,
} as const
