import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import type { Channel } from '@/api/types'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { loadDirectory } from '@/replica/live'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Toggle } from '@/ui/toggle'
import { OverrideEditor } from './override-editor'

/** Name, topic, who sees it, what roles may do in it; archive and delete. */
export function ChannelDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const t = useTranslations('space_settings')
  const [name, setName] = useState(channel.name)
  const [topic, setTopic] = useState(channel.topic ?? '')
  const [hidden, setHidden] = useState(channel.private ?? false)
  const { busy, error, run } = useAttempt()
  const params = { path: { channel_id: channel.id } }
  const url = '/api/v1/channels/{channel_id}'

  async function attempt(work: () => Promise<unknown>) {
    if (!(await run(work))) return
    await loadDirectory()
    onClose()
  }
  function save(event: FormEvent) {
    event.preventDefault()
    void attempt(() => answer(api.PATCH(url, { params, body: { name: name.trim(), topic: topic.trim(), private: hidden } })))
  }
  const archived = Boolean(channel.archived_at)

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('edit_channel', { name: channel.name })} closeLabel={t('close')} wide>
      <form onSubmit={save} className="flex flex-col gap-4">
        <Field label={t('name')} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        <Field label={t('topic')} maxLength={1000} value={topic} onChange={(event) => setTopic(event.target.value)} />
        <Toggle label={t('private')} checked={hidden} onChange={setHidden} />
        <ProblemNotice error={error} />
        <Button type="submit" look="primary" busy={busy} className="self-start">
          {t('save')}
        </Button>
      </form>
      <OverrideEditor channel={channel.id} />
      <div className="flex flex-wrap gap-2 border-t border-line pt-4">
        <Button onClick={() => attempt(() => answer(api.PATCH(url, { params, body: { archived: !archived } })))}>{archived ? t('unarchive') : t('archive')}</Button>
        <Button look="danger" onClick={() => attempt(() => answer(api.DELETE(url, { params })))}>
          {t('delete_channel')}
        </Button>
      </div>
    </Dialog>
  )
}
