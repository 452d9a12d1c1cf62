import workerUrl from './hash.worker?worker&url'
import { scriptUrl } from '@/lib/trusted'

export function hashOf(file: File, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(scriptUrl(workerUrl), { type: 'module' })
    const end = (settle: () => void) => {
      worker.terminate()
      settle()
    }
    signal.addEventListener('abort', () => end(() => reject(signal.reason)))
    worker.addEventListener('message', (event: MessageEvent<{ hash?: string; error?: string }>) => {
      const { hash, error } = event.data
      end(() => (hash ? resolve(hash) : reject(new Error(error))))
    })
    worker.addEventListener('error', () => end(() => reject(new Error('the file could not be read'))))
    worker.postMessage(file)
  })
}
