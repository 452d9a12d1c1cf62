import { create } from 'zustand'
import { Emitter } from '@/lib/emitter'
import { backoff } from './backoff'
import { CLOSE, type ClientFrame, type EventFrame, type ServerFrame } from './protocol'

export interface Subscription {
  /** The last position applied; null: from now on. */
  seq: number | null
  onEvent: (frame: EventFrame) => void
  /** All that was missed has been told. */
  onWatched: (seq: number) => void
  /** Too much was missed, or the topic's snapshot has to be fetched again. */
  onReset: () => void
  onLost?: (code: string) => void
}

interface Credentials {
  token(): Promise<string | null>
  renew(refused: string): Promise<string | null>
  ended(sessionOfSocket: string | null): void
}

type Status = 'off' | 'connecting' | 'open' | 'waiting' | 'stopped'
export const useConnection = create<{ status: Status; since: number; reason: 'too_many' | 'bad_frame' | null }>(() => ({
  status: 'off',
  since: Date.now(),
  reason: null,
}))

const PONG_MS = 3_000

/** The one socket of this tab: it comes back by itself, and tells every topic what it missed. */
export class Connection {
  readonly frames = new Emitter<ServerFrame>()
  private socket: WebSocket | null = null
  private ready = false
  private tries = 0
  private session: string | null = null
  private token = ''
  private timer: ReturnType<typeof setTimeout> | undefined
  private pongTimer: ReturnType<typeof setTimeout> | undefined
  private readonly topics = new Map<string, Subscription>()

  constructor(private readonly credentials: Credentials) {}

  start(): void {
    if (this.socket || useConnection.getState().status === 'stopped') return
    clearTimeout(this.timer)
    this.setStatus('connecting')
    const url = new URL('/api/v1/realtime', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    const socket = new WebSocket(url, 'guildhall.v1')
    this.socket = socket
    socket.onopen = () => void this.hello()
    socket.onmessage = (event) => this.take(JSON.parse(event.data as string) as ServerFrame)
    socket.onclose = (event) => socket === this.socket && this.closed(event.code)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.drop()
    this.topics.clear()
    useConnection.setState({ status: 'off', since: Date.now(), reason: null })
  }

  watch(topic: string, subscription: Subscription): () => void {
    this.topics.set(topic, subscription)
    if (this.ready) this.send({ op: 'watch', topics: { [topic]: subscription.seq } })
    return () => {
      if (this.topics.get(topic) !== subscription) return
      this.topics.delete(topic)
      if (this.ready) this.send({ op: 'unwatch', topics: [topic] })
    }
  }

  send(frame: ClientFrame): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false
    this.socket.send(JSON.stringify(frame))
    return true
  }

  /** After sleep a socket may say OPEN and be dead: an answer within 3 s, or another socket. */
  check(): void {
    if (!this.socket) {
      this.tries = 0
      if (useConnection.getState().status === 'waiting') this.start()
      return
    }
    if (this.pongTimer !== undefined || !this.send({ op: 'ping', n: 1 })) return
    this.pongTimer = setTimeout(() => {
      this.pongTimer = undefined
      this.drop()
      this.closed(CLOSE.tooSlow, { now: true })
    }, PONG_MS)
  }

  /** Before the old token ends. */
  async hello(): Promise<void> {
    try {
      const token = await this.credentials.token()
      if (!token) return this.credentials.ended(null)
      this.token = token
      this.send({ op: 'hello', token })
    } catch {
      this.socket?.close()
    }
  }

  private take(frame: ServerFrame): void {
    clearTimeout(this.pongTimer)
    this.pongTimer = undefined
    if (frame.op === 'ready') this.becomeReady(frame.session)
    else if (frame.op === 'event') this.apply(frame)
    else if (frame.op === 'watched') this.topics.get(frame.topic)?.onWatched(frame.seq)
    else if (frame.op === 'reset') this.topics.get(frame.topic)?.onReset()
    else if (frame.op === 'problem' && frame.topic) this.topics.get(frame.topic)?.onLost?.(frame.code)
    this.frames.emit(frame)
  }

  private apply(frame: EventFrame): void {
    const subscription = this.topics.get(frame.topic)
    if (!subscription || (subscription.seq !== null && frame.seq <= subscription.seq)) return
    subscription.onEvent(frame)
    subscription.seq = frame.seq
  }

  private becomeReady(session: string): void {
    this.session = session
    this.tries = 0
    if (this.ready) return
    this.ready = true
    this.setStatus('open')
    const topics = Object.fromEntries([...this.topics].map(([topic, one]) => [topic, one.seq]))
    if (Object.keys(topics).length > 0) this.send({ op: 'watch', topics })
  }

  private closed(code: number, { now = false } = {}): void {
    this.drop()
    if (code === CLOSE.sessionEnded) {
      this.setStatus('waiting')
      return this.credentials.ended(this.session)
    }
    if (code === CLOSE.badFrame || code === CLOSE.tooMany) {
      return useConnection.setState({
        status: 'stopped',
        since: Date.now(),
        reason: code === CLOSE.tooMany ? 'too_many' : 'bad_frame',
      })
    }
    this.setStatus('waiting')
    const renewed = code === CLOSE.badToken ? this.credentials.renew(this.token).catch(() => null) : Promise.resolve()
    const pause = now ? 0 : backoff(this.tries++)
    void renewed.then(() => {
      this.timer = setTimeout(() => this.start(), pause)
    })
  }

  private drop(): void {
    clearTimeout(this.pongTimer)
    this.pongTimer = undefined
    this.ready = false
    const socket = this.socket
    this.socket = null
    socket?.close()
  }

  private setStatus(status: Status): void {
    const before = useConnection.getState()
    const goesOn = before.status !== 'open' && before.status !== 'off' && status !== 'open'
    useConnection.setState({ status, since: goesOn ? before.since : Date.now(), reason: null })
  }
}
