import type { Channel } from '@/api/types'
import { storage } from '@/lib/storage'

/** Where one was last in a space; a space opens there. */
export function rememberChannel(space: string, channel: string): void {
  storage.write(`last:${space}`, channel)
  storage.write('last', space)
}

export function rememberedChannel(space: string, channels: Channel[]): string | undefined {
  const last = storage.read<string>(`last:${space}`)
  return channels.find((one) => one.id === last)?.id ?? channels[0]?.id
}
