import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { loadDirectory, useLive } from '@/replica/live'
import { useSession } from '@/session/session'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Section } from '@/ui/section'
import { toast } from '@/ui/toast'

export function OverviewSettings({ space }: { space: string }) {
  const t = useTranslations('space_settings')
  const known = useLive((state) => state.directory.spaces[space])
  const [name, setName] = useState(known?.name ?? '')
  const rename = useAttempt()
  if (!known) return null
  const manages = known.permissions.includes('manage_space')

  async function save(event: FormEvent) {
    event.preventDefault()
    const params = { path: { space_id: space } }
    if (await rename.run(() => answer(api.PATCH('/api/v1/spaces/{space_id}', { params, body: { name: name.trim() } })))) toast(t('saved'))
  }

  return (
    <>
      <Section title={t('overview')}>
        <form onSubmit={save} className="flex flex-col gap-3">
          <Field label={t('name')} required maxLength={100} disabled={!manages} value={name} onChange={(event) => setName(event.target.value)} />
          <ProblemNotice error={rename.error} />
          {manages && (
            <Button type="submit" look="primary" busy={rename.busy} disabled={name.trim() === '' || name === known.name} className="self-start">
              {t('save')}
            </Button>
          )}
        </form>
      </Section>
      {known.role === 'owner' ? <DeleteSpace space={space} name={known.name} /> : <LeaveSpace space={space} name={known.name} />}
    </>
  )
}

function LeaveSpace({ space, name }: { space: string; name: string }) {
  const t = useTranslations('space_settings')
  const navigate = useNavigate()
  const me = useSession((state) => state.user?.id ?? '')
  const { busy, error, run } = useAttempt()
  async function leave() {
    const path = { space_id: space, member_id: me }
    if (!(await run(() => answer(api.DELETE('/api/v1/spaces/{space_id}/members/{member_id}', { params: { path } }))))) return
    await loadDirectory()
    void navigate({ to: '/' })
  }
  return (
    <Section title={t('leave')} text={t('leave_text', { name })}>
      <ProblemNotice error={error} />
      <Button look="danger" busy={busy} onClick={leave} className="self-start">
        {t('leave')}
      </Button>
    </Section>
  )
}

/** Asks for the name: it cannot be undone. */
function DeleteSpace({ space, name }: { space: string; name: string }) {
  const t = useTranslations('space_settings')
  const navigate = useNavigate()
  const [open, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const { busy, error, run } = useAttempt()
  async function remove(event: FormEvent) {
    event.preventDefault()
    if (!(await run(() => answer(api.DELETE('/api/v1/spaces/{space_id}', { params: { path: { space_id: space } } }))))) return
    await loadDirectory()
    void navigate({ to: '/' })
  }
  return (
    <Section title={t('delete')} text={t('delete_text')}>
      <Button look="danger" onClick={() => setOpen(true)} className="self-start">
        {t('delete')}
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title={t('delete')} description={t('delete_confirm', { name })} closeLabel={t('close')}>
        <form onSubmit={remove} className="flex flex-col gap-4">
          <Field label={t('name')} autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
          <ProblemNotice error={error} />
          <Button type="submit" look="danger" busy={busy} disabled={typed !== name}>
            {t('delete')}
          </Button>
        </form>
      </Dialog>
    </Section>
  )
}
