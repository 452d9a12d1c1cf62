import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { MessageBody } from './message-body'
import { useAttention } from './use-message-actions'

export function DeleteDialog({ space }: { space: string }) {
  const t = useTranslations('timeline')
  const message = useAttention((state) => state.deleting)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  if (!message) return null
  const close = () => {
    setError(null)
    useAttention.setState({ deleting: null })
  }

  async function remove() {
    if (!message) return
    setBusy(true)
    setError(null)
    try {
      const path = { channel_id: message.channel_id, message_id: message.id }
      const params = { path, header: { 'If-Match': `"${message.rev}"` } }
      await answer(api.DELETE('/api/v1/channels/{channel_id}/messages/{message_id}', { params }))
      close()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog open onOpenChange={(open) => !open && close()} title={t('delete_title')} description={t('delete_text')} closeLabel={t('close')}>
      <div className="max-h-40 overflow-hidden rounded-lg border border-line p-3">
        <MessageBody message={message} space={space} />
      </div>
      <ProblemNotice error={error} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>{t('cancel')}</Button>
        <Button look="danger" busy={busy} onClick={remove}>
          {t('delete')}
        </Button>
      </div>
    </Dialog>
  )
}
