import type { FileInfo } from '@/api/types'

/** One message on its way; the nonce stays the same however often it is sent. */
export interface Outgoing {
  nonce: string
  owner: string
  channel: string
  content: string
  replyTo: string | null
  files: FileInfo[]
  at: number
}

const STORE = 'outgoing'
let opening: Promise<IDBDatabase> | null = null

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('guildhall', 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'nonce' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no database'))
  }).catch((error: unknown) => {
    opening = null
    throw error
  })
  return opening
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open()
  return new Promise<T>((resolve, reject) => {
    const transaction = database.transaction(STORE, mode, { durability: 'strict' })
    const request = work(transaction.objectStore(STORE))
    transaction.oncomplete = () => resolve(request.result)
    transaction.onabort = () => reject(transaction.error ?? new Error('not stored'))
  })
}

/** What was not acknowledged yet, in the browser's own database: it outlives reloads, crashes and days offline. */
export const outboxDatabase = {
  put: (one: Outgoing): Promise<unknown> => run('readwrite', (store) => store.put(one)),
  remove: (nonce: string): Promise<unknown> => run('readwrite', (store) => store.delete(nonce)),
  async all(owner: string): Promise<Outgoing[]> {
    const found = (await run('readonly', (store) => store.getAll())) as Outgoing[]
    return found.filter((one) => one.owner === owner).toSorted((a, b) => a.at - b.at)
  },
}
