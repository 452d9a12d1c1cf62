import { answer, api } from '@/api/client'
import { offline, Problem } from '@/api/problems'
import type { FileInfo } from '@/api/types'
import { hashOf } from './hash'

/** Reserve, send to the store with progress, have it checked. Throws `Problem`. */
export async function sendFile(space: string, file: File, onProgress: (part: number) => void, signal: AbortSignal): Promise<FileInfo> {
  const sha256 = await hashOf(file, signal)
  const content_type = file.type || 'application/octet-stream'
  const body = { space_id: space, filename: file.name, size: file.size, sha256, content_type }
  const reserved = await answer(api.POST('/api/v1/uploads', { body, signal }))
  await sendForm(reserved.url, reserved.fields as Record<string, string>, file, onProgress, signal)
  const params = { path: { upload_id: reserved.id } }
  const done = await answer(api.POST('/api/v1/uploads/{upload_id}/complete', { params, signal }))
  if (done.state !== 'ready') throw new Problem(done.reason ?? 'rejected', 422, done.reason ?? '')
  return { id: done.id, filename: done.filename, size: done.size, content_type: done.content_type }
}

function sendForm(
  url: string,
  fields: Record<string, string>,
  file: File,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', file)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', url)
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded / Math.max(1, event.total)))
    request.addEventListener('load', () => {
      if (request.status < 300) resolve()
      else reject(new Problem('upload_refused', request.status, 'The store refused the file'))
    })
    request.addEventListener('error', () => reject(offline()))
    signal.addEventListener('abort', () => {
      request.abort()
      reject(signal.reason)
    })
    request.send(form)
  })
}
