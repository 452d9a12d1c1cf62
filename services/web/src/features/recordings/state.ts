import type { Recording } from '@/api/types'

/** How often a recording that runs is asked for, in milliseconds. */
export const LIVE_MS = 5000

export function isLive(state: Recording['state']): boolean {
  return state !== 'ready' && state !== 'failed'
}

/** `1:02:03` or `2:03`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const shown = parts[0] ? parts : parts.slice(1)
  return shown.map((part, at) => (at ? String(part).padStart(2, '0') : String(part))).join(':')
}
