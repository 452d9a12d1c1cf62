import { create } from 'zustand'
import type { FileInfo } from '@/api/types'
import { storage } from '@/lib/storage'

export interface Draft {
  text: string
  replyTo: string | null
  files: FileInfo[]
}

const NO_DRAFT: Draft = { text: '', replyTo: null, files: [] }
const KEY = 'draft:'

/** What is written and not sent, per person and channel; it outlives the page. */
export const useDrafts = create<Record<string, Draft>>(() => ({}))

export function draftOf(held: Record<string, Draft>, owner: string, channel: string): Draft {
  return held[`${owner}:${channel}`] ?? NO_DRAFT
}

export function loadDraft(owner: string, channel: string): Draft {
  const key = `${owner}:${channel}`
  const held = useDrafts.getState()[key] ?? storage.read<Draft>(KEY + key) ?? NO_DRAFT
  if (!useDrafts.getState()[key]) useDrafts.setState({ [key]: held })
  return held
}

export function writeDraft(owner: string, channel: string, change: Partial<Draft>): void {
  const key = `${owner}:${channel}`
  const draft = { ...loadDraft(owner, channel), ...change }
  useDrafts.setState({ [key]: draft })
  const empty = draft.text === '' && draft.replyTo === null && draft.files.length === 0
  if (empty) storage.remove(KEY + key)
  else storage.write(KEY + key, draft)
}
