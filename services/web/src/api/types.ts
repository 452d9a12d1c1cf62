/** The answers that screens use, by the call that gives them: a renamed component changes nothing here. */
import type { paths } from './schema.gen'

type Content<R> = R extends { content: { 'application/json': infer T } } ? T : never
type Good<R> = Content<R extends { 200: infer A } ? A : never> | Content<R extends { 201: infer A } ? A : never>
type Responses<O> = O extends { responses: infer R } ? R : never
export type Answer<P extends keyof paths, M extends keyof paths[P]> = Good<Responses<paths[P][M]>>

export type Me = Answer<'/api/v1/auth/me', 'get'>
export type LoggedIn = Answer<'/api/v1/auth/login', 'post'>
export type Session = Answer<'/api/v1/auth/sessions', 'get'>[number]
export type Passkey = Answer<'/api/v1/auth/passkeys', 'get'>[number]
export type Start = Answer<'/api/v1/start', 'get'>
export type Space = Omit<Start['spaces'][number], 'channels'>
export type Instance = Answer<'/api/v1/instance', 'get'>
export type Channel = Answer<'/api/v1/channels/{channel_id}', 'get'>
export type Member = Answer<'/api/v1/spaces/{space_id}/members/{member_id}', 'get'>
export type Role = Member['role']
export type Profile = Member['user']
export type Invite = Answer<'/api/v1/spaces/{space_id}/invites', 'get'>[number]
export type Override = Answer<'/api/v1/channels/{channel_id}/overrides', 'get'>[number]
export type Unread = Answer<'/api/v1/unread', 'get'>['items'][number]
export type Hit = Answer<'/api/v1/search', 'get'>['items'][number]
export type Ban = Answer<'/api/v1/spaces/{space_id}/bans', 'get'>['items'][number]
export type AuditEntry = Answer<'/api/v1/spaces/{space_id}/audit', 'get'>['items'][number]
export type SecurityEntry = Answer<'/api/v1/auth/security-log', 'get'>['items'][number]
export type Recording = Answer<'/api/v1/recordings', 'get'>['items'][number]
export type Person = Answer<'/api/v1/auth/admin/users', 'get'>[number]

/** A file of a message; `width` and `height` are known for pictures. */
export interface FileInfo {
  id: string
  filename: string
  size: number
  content_type: string
  width?: number | null
  height?: number | null
  preview?: string | null
}

type RawMessage = Answer<'/api/v1/channels/{channel_id}/messages/{message_id}', 'get'>
type Defaulted = 'nonce' | 'reply_to' | 'attachments' | 'reactions' | 'at_ms' | 'kind' | 'mentions' | 'thread_id' | 'rev'
type Timed = 'edited_at' | 'deleted_at' | 'pinned_at'
export type Message = Omit<RawMessage, 'files' | 'thread' | 'reactions'> &
  Required<Pick<RawMessage, Exclude<Defaulted, 'reactions'> | Timed>> & {
    reactions: Reaction[]
    files: FileInfo[]
    thread?: { messages: number; last_at: string | null } | null
  }
export interface Reaction {
  emoji: string
  count: number
  me: boolean
}

/** A message with the fields that the server may leave out. */
export function messageOf(raw: unknown): Message {
  const one = raw as Partial<Message> & RawMessage
  const attachments = one.attachments ?? []
  return {
    ...one,
    nonce: one.nonce ?? null,
    reply_to: one.reply_to ?? null,
    attachments,
    reactions: (one.reactions ?? []).map((reaction) => ({ ...reaction, me: reaction.me ?? false })),
    at_ms: one.at_ms ?? null,
    kind: one.kind ?? 'text',
    mentions: one.mentions ?? {},
    thread_id: one.thread_id ?? null,
    rev: one.rev ?? 1,
    edited_at: one.edited_at ?? null,
    deleted_at: one.deleted_at ?? null,
    pinned_at: one.pinned_at ?? null,
    files: one.files ?? attachments.map((id) => ({ id, filename: '', size: 0, content_type: '' })),
  } as Message
}

/** What `GET …/messages` answers. */
export interface MessagePage {
  items: Message[]
  next_cursor: string | null
  prev_cursor: string | null
  seq: number
}
