import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { loadDirectory } from '@/replica/live'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Toggle } from '@/ui/toggle'

interface Props {
  space: string
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function NewChannelDialog({ space, open, onOpenChange }: Props) {
  const t = useTranslations('channels')
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [topic, setTopic] = useState('')
  const [hidden, setHidden] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  async function create(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      const params = { path: { space_id: space } }
      const body = { name: name.trim(), topic: topic.trim(), private: hidden }
      const channel = await answer(api.POST('/api/v1/spaces/{space_id}/channels', { params, body }))
      await loadDirectory()
      setName('')
      setTopic('')
      onOpenChange(false)
      void navigate({ to: '/s/$space/c/$channel', params: { space, channel: channel.id } })
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('create')} closeLabel={t('close')}>
      <form onSubmit={create} className="flex flex-col gap-4">
        <Field label={t('name')} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        <Field label={t('topic')} hint={t('topic_hint')} maxLength={1000} value={topic} onChange={(event) => setTopic(event.target.value)} />
        <Toggle label={t('private')} hint={t('private_hint')} checked={hidden} onChange={setHidden} />
        <ProblemNotice error={error} />
        <Button type="submit" look="primary" busy={busy} disabled={name.trim() === ''}>
          {t('create')}
        </Button>
      </form>
    </Dialog>
  )
}
