import { AlertTriangle, Clock } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useProblemText } from '@/features/problems'
import { Markdown } from '@/features/markdown'
import { Attachments } from '@/features/uploads'
import { cx } from '@/lib/cx'
import { writeDraft } from '@/replica/drafts'
import { discard, type OutboxEntry, retry } from '@/replica/outbox'
import { useSession } from '@/session/session'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'

interface Props {
  entry: OutboxEntry
  grouped: boolean
  space: string
  tabbable: boolean
}

/** A message on its way, waiting for the network, or refused: then with its text, and what to do. */
export function PendingRow({ entry, grouped, space, tabbable }: Props) {
  const t = useTranslations('timeline')
  const textOf = useProblemText()
  const user = useSession((state) => state.user)
  const failed = entry.state === 'failed'

  function takeBack() {
    writeDraft(entry.owner, entry.channel, { text: entry.content, replyTo: entry.replyTo, files: entry.files })
    discard(entry.nonce)
  }

  return (
    <article
      tabIndex={tabbable ? 0 : -1}
      aria-label={failed ? t('failed') : t('sending')}
      className={cx('flex gap-3 px-4 py-0.5', !grouped && 'pt-2')}
    >
      <div className="w-9 shrink-0">
        {grouped ? (
          entry.state === 'waiting' && <Clock size={13} aria-label={t('waiting')} className="mt-1 ml-auto text-soft" />
        ) : (
          <Avatar name={user?.display_name ?? ''} url={user?.avatar_url} className="mt-0.5" />
        )}
      </div>
      <div className="min-w-0 flex-1">
        {!grouped && (
          <header className="flex items-baseline gap-2">
            <bdi className="min-w-0 truncate font-semibold">{user?.display_name}</bdi>
            <span className="shrink-0 text-[12px] text-soft">{failed ? '' : entry.state === 'waiting' ? t('waiting') : t('sending')}</span>
          </header>
        )}
        <div dir="auto" className={cx('break-words [overflow-wrap:anywhere]', !failed && 'opacity-60')}>
          <Markdown content={entry.content} space={space} />
        </div>
        {entry.files.length > 0 && <Attachments files={entry.files} />}
        {failed && (
          <div role="alert" className="mt-1 flex flex-wrap items-center gap-2 text-[13px] text-danger">
            <AlertTriangle size={14} aria-hidden />
            <span className="min-w-0 break-words">{entry.problem ? textOf(entry.problem) : t('failed')}</span>
            <Button size="small" onClick={() => retry(entry.nonce)}>
              {t('retry')}
            </Button>
            <Button size="small" look="quiet" onClick={takeBack}>
              {t('take_back')}
            </Button>
            <Button size="small" look="quiet" onClick={() => discard(entry.nonce)}>
              {t('discard')}
            </Button>
          </div>
        )}
      </div>
    </article>
  )
}
