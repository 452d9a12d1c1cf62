import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { EntryPage, LINK } from './entry-page'

export function ResetPassword({ token }: { token: string }) {
  const t = useTranslations('entry')
  const [password, setPassword] = useState('')
  const [done, setDone] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await answer(api.POST('/api/v1/auth/password/reset', { body: { token, password } }))
      setDone(true)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  const signIn = (
    <Link to="/sign-in" className={`${LINK} text-[14px]`}>
      {t('to_sign_in')}
    </Link>
  )
  if (done || !token) {
    return (
      <EntryPage title={t('reset_title')}>
        {done ? <Notice look="ok">{t('reset_done')}</Notice> : <Notice look="warn">{t('link_without_token')}</Notice>}
        {signIn}
      </EntryPage>
    )
  }
  return (
    <EntryPage title={t('reset_title')} lead={t('reset_lead')}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field
          label={t('new_password')}
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          hint={t('password_hint', { min: 8 })}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <ProblemNotice error={error} />
        <Button type="submit" look="primary" busy={busy}>
          {t('set_password')}
        </Button>
      </form>
    </EntryPage>
  )
}
