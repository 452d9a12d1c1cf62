import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { Notice } from '@/ui/notice'
import { Spinner } from '@/ui/spinner'
import { EntryPage, LINK } from './entry-page'
import { useLink } from './use-link'

const spend = (token: string) => answer(api.POST('/api/v1/auth/email/confirm', { body: { token } }))

export function ConfirmEmail({ token }: { token: string }) {
  const t = useTranslations('entry')
  const link = useLink(token, spend)
  return (
    <EntryPage title={t('confirm_title')}>
      {!token && <Notice look="warn">{t('link_without_token')}</Notice>}
      {token && link.state === 'working' && <Spinner label={t('confirm_title')} />}
      {link.state === 'done' && <Notice look="ok">{t('confirm_done')}</Notice>}
      {link.state === 'failed' && <ProblemNotice error={link.error} />}
      <Link to="/" className={`${LINK} text-[14px]`}>
        {t('continue')}
      </Link>
    </EntryPage>
  )
}
