import { create } from 'zustand'
import { useTranslations } from 'use-intl'
import { asProblem, type Problem } from '@/api/problems'
import type { FileInfo } from '@/api/types'
import { newNonce } from '@/lib/ids'
import { loadDraft, writeDraft } from '@/replica/drafts'
import { useInstance } from '@/replica/instance'
import { toast } from '@/ui/toast'
import { sendFile } from './send-file'

/** A file on its way into a draft. What has arrived is in the draft itself. */
export interface Uploading {
  key: string
  channel: string
  file: File
  part: number
  problem: Problem | null
  abort: AbortController
}

const useUploading = create<{ all: readonly Uploading[] }>(() => ({ all: [] }))

function change(key: string, by: Partial<Uploading>): void {
  useUploading.setState(({ all }) => ({ all: all.map((one) => (one.key === key ? { ...one, ...by } : one)) }))
}

export function useUploads(owner: string, channel: string, space: string) {
  const t = useTranslations('uploads')
  const all = useUploading((state) => state.all)
  const limits = useInstance((state) => state?.limits)
  const uploading = all.filter((one) => one.channel === channel)

  async function run(one: Uploading) {
    try {
      const info = await sendFile(space, one.file, (part) => change(one.key, { part }), one.abort.signal)
      const draft = loadDraft(owner, channel)
      writeDraft(owner, channel, { files: [...draft.files, info] })
      remove(one.key)
    } catch (error) {
      if (!one.abort.signal.aborted) change(one.key, { problem: asProblem(error) })
    }
  }

  function add(files: Iterable<File>) {
    for (const file of files) {
      if (limits?.upload_bytes_max && file.size > limits.upload_bytes_max) {
        toast(t('too_large', { name: file.name, size: Math.floor(limits.upload_bytes_max / 1_000_000) }), { look: 'danger' })
        continue
      }
      const count = uploading.length + loadDraft(owner, channel).files.length
      if (limits && count >= limits.attachments_per_message_max) {
        toast(t('too_many', { count: limits.attachments_per_message_max }), { look: 'danger' })
        return
      }
      const one: Uploading = { key: newNonce(), channel, file, part: 0, problem: null, abort: new AbortController() }
      useUploading.setState((state) => ({ all: [...state.all, one] }))
      void run(one)
    }
  }

  function remove(key: string) {
    const { all: held } = useUploading.getState()
    held.find((one) => one.key === key)?.abort.abort()
    useUploading.setState({ all: held.filter((one) => one.key !== key) })
  }

  function retry(key: string) {
    const one = all.find((known) => known.key === key)
    if (!one) return
    change(key, { problem: null, part: 0 })
    void run(one)
  }

  function drop(file: FileInfo) {
    writeDraft(owner, channel, { files: loadDraft(owner, channel).files.filter((one) => one.id !== file.id) })
  }

  return { uploading, add, remove, retry, drop, busy: uploading.some((one) => !one.problem) }
}
