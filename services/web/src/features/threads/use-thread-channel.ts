import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import type { Channel } from '@/api/types'
import { useLive } from '@/replica/live'

/** The channel of a thread: known where one follows it, else asked for. */
export function useThreadChannel(id: string | undefined): Channel | undefined {
  const known = useLive((state) => (id ? state.directory.channels[id] : undefined))
  const asked = useQuery({
    queryKey: ['channel', id],
    enabled: Boolean(id) && !known,
    queryFn: () => answer(api.GET('/api/v1/channels/{channel_id}', { params: { path: { channel_id: id ?? '' } } })),
  })
  return known ?? asked.data
}
