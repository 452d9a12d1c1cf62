import { useQuery } from '@tanstack/react-query'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import type { Message } from '@/api/types'
import { ProblemNotice } from '@/features/problems'
import { Dialog } from '@/ui/dialog'
import { Spinner } from '@/ui/spinner'

/** What a message said before. */
export function HistoryDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const t = useTranslations('timeline')
  const format = useFormatter()
  const path = { channel_id: message.channel_id, message_id: message.id }
  const history = useQuery({
    queryKey: ['history', message.id, message.rev],
    queryFn: () => answer(api.GET('/api/v1/channels/{channel_id}/messages/{message_id}/history', { params: { path } })),
  })
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('history')} closeLabel={t('close')} wide>
      <ProblemNotice error={history.error} retry={history.refetch} />
      {history.isPending && <Spinner label={t('loading')} />}
      <ol className="flex flex-col gap-3">
        {history.data?.map((revision) => (
          <li key={revision.rev} className="border-l-2 border-line pl-3">
            <time className="text-[12px] text-soft" dateTime={revision.at}>
              {format.dateTime(new Date(revision.at), { dateStyle: 'medium', timeStyle: 'short' })}
            </time>
            <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{revision.content}</p>
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
