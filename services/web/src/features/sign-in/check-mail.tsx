import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { Button } from '@/ui/button'
import { Notice } from '@/ui/notice'
import { EntryPage, LINK } from './entry-page'

/** The same words for a new and a known address. */
export function CheckMail({ email, next }: { email: string; next?: string }) {
  const t = useTranslations('entry')
  const [sent, setSent] = useState(false)
  const [error, setError] = useState<unknown>(null)

  async function resend() {
    setError(null)
    try {
      await answer(api.POST('/api/v1/auth/verify-email/resend', { body: { email } }))
      setSent(true)
    } catch (failure) {
      setError(failure)
    }
  }

  return (
    <EntryPage title={t('check_mail_title')} lead={t('check_mail_lead', { email })}>
      <div className="flex flex-col gap-4">
        {sent && <Notice look="ok">{t('sent_again')}</Notice>}
        <ProblemNotice error={error} />
        <Button onClick={resend}>{t('send_again')}</Button>
        <Link to="/sign-in" search={{ next }} className={`${LINK} text-[14px]`}>
          {t('to_sign_in')}
        </Link>
      </div>
    </EntryPage>
  )
}
