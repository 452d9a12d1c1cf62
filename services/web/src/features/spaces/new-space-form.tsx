import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { loadDirectory } from '@/replica/live'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'

/** Begin a space of one's own, or go where an invitation leads. */
export function NewSpaceForm({ onDone }: { onDone: (space: string) => void }) {
  const t = useTranslations('spaces')
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [link, setLink] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  async function create(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      const space = await answer(api.POST('/api/v1/spaces', { body: { name: name.trim() } }))
      await loadDirectory()
      onDone(space.id)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  function join(event: FormEvent) {
    event.preventDefault()
    const code = link.trim().replace(/[/?#]*$/, '').split('/').at(-1) ?? ''
    if (code) void navigate({ to: '/invite/$code', params: { code } })
  }

  return (
    <div className="flex flex-col gap-6">
      <form onSubmit={create} className="flex flex-col gap-3">
        <Field label={t('name')} required maxLength={100} placeholder={t('name_example')} value={name} onChange={(event) => setName(event.target.value)} />
        <ProblemNotice error={error} />
        <Button type="submit" look="primary" busy={busy} disabled={name.trim() === ''}>
          {t('create')}
        </Button>
      </form>
      <form onSubmit={join} className="flex flex-col gap-3 border-t border-line pt-5">
        <Field label={t('invite_link')} placeholder={`${location.origin}/invite/…`} value={link} onChange={(event) => setLink(event.target.value)} />
        <Button type="submit" disabled={link.trim() === ''}>
          {t('join')}
        </Button>
      </form>
    </div>
  )
}
