import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { type Channel, messageOf } from '@/api/types'
import { ProblemNotice } from '@/features/problems'
import { MessageBody } from '@/features/timeline'
import { Dialog } from '@/ui/dialog'
import { Spinner } from '@/ui/spinner'

export function PinsDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const t = useTranslations('channels')
  const format = useFormatter()
  const pins = useQuery({
    queryKey: ['pins', channel.id],
    staleTime: 0,
    queryFn: async () => (await answer(api.GET('/api/v1/channels/{channel_id}/pins', { params: { path: { channel_id: channel.id } } }))).map(messageOf),
  })
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('pins')} closeLabel={t('close')} wide>
      {pins.isPending && <Spinner label={t('loading')} />}
      <ProblemNotice error={pins.error} retry={pins.refetch} />
      {pins.data?.length === 0 && <p className="text-soft">{t('no_pins')}</p>}
      <ul className="flex flex-col gap-2">
        {pins.data?.map((message) => (
          <li key={message.id} className="rounded-xl border border-line p-3">
            <div className="flex items-baseline gap-2">
              <bdi className="truncate font-semibold">{message.author.display_name}</bdi>
              <Link to="/s/$space/c/$channel" params={{ space: channel.space_id, channel: channel.id }} search={{ m: message.id }} onClick={onClose} className="shrink-0 text-[12px] text-soft hover:text-accent hover:underline">
                {format.dateTime(new Date(message.created_at), { dateStyle: 'medium', timeStyle: 'short' })}
              </Link>
            </div>
            <MessageBody message={message} space={channel.space_id} />
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
