import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { EntryPage, LINK } from './entry-page'

export function ForgotPassword() {
  const t = useTranslations('entry')
  const [email, setEmail] = useState('')
  const [sent, setSent] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await answer(api.POST('/api/v1/auth/password/forgot', { body: { email } }))
      setSent(true)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <EntryPage title={t('forgot_title')} lead={t('forgot_lead')}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field
          label={t('email')}
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        {sent && <Notice look="ok">{t('forgot_sent')}</Notice>}
        <ProblemNotice error={error} />
        <Button type="submit" look="primary" busy={busy}>
          {t('send_link')}
        </Button>
        <Link to="/sign-in" className={`${LINK} text-[14px]`}>
          {t('to_sign_in')}
        </Link>
      </form>
    </EntryPage>
  )
}
