import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { EntryPage } from '@/features/sign-in'
import { refresh, useSession } from '@/session/session'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'
import { Spinner } from '@/ui/spinner'

/** What one is invited to, before signing up; then in. */
export function InvitePage({ code }: { code: string }) {
  const t = useTranslations('invites')
  const format = useFormatter()
  const navigate = useNavigate()
  const { status, user } = useSession()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    if (status === 'unknown') refresh().catch(() => {})
  }, [status])
  const preview = useQuery({
    queryKey: ['invite', code, user?.id],
    enabled: status !== 'unknown',
    retry: false,
    queryFn: () => answer(api.GET('/api/v1/invites/{code}', { params: { path: { code } } })),
  })

  async function accept() {
    setBusy(true)
    setError(null)
    try {
      const space = await answer(api.POST('/api/v1/invites/{code}/accept', { params: { path: { code } } }))
      await navigate({ to: '/s/$space', params: { space: space.id } })
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  const next = `/invite/${code}`
  const space = preview.data?.space
  const lead = preview.data?.inviter ? t('invited_by', { name: preview.data.inviter.display_name }) : t('invited')
  if (preview.isPending) return <EntryPage title={t('page_title')}><Spinner label={t('loading')} /></EntryPage>
  if (preview.isError) {
    return (
      <EntryPage title={t('page_title')}>
        <ProblemNotice error={preview.error} retry={preview.refetch} />
        <Link to="/" className="font-semibold text-accent hover:underline">
          {t('home')}
        </Link>
      </EntryPage>
    )
  }
  return (
    <EntryPage title={space?.name ?? t('page_title')} lead={lead}>
      <div className="flex items-center gap-4 rounded-xl border border-line bg-raised p-4">
        <Avatar name={space?.name ?? '?'} size={48} square />
        <div className="min-w-0">
          <bdi className="block truncate text-left font-semibold">{space?.name}</bdi>
          <span className="text-[13px] text-soft">
            {t('people', { count: space?.member_count ?? 0 })} · {t('until', { time: format.dateTime(new Date(preview.data.expires_at), { dateStyle: 'medium' }) })}
          </span>
        </div>
      </div>
      <ProblemNotice error={error} />
      {status === 'signed-in' ? (
        <Button look="primary" busy={busy} onClick={accept}>
          {preview.data.member ? t('open') : t('join_as', { name: user?.display_name ?? '' })}
        </Button>
      ) : (
        <div className="flex flex-col gap-2">
          <Button look="primary" onClick={() => navigate({ to: '/sign-up', search: { next } })}>
            {t('sign_up')}
          </Button>
          <Button onClick={() => navigate({ to: '/sign-in', search: { next } })}>{t('sign_in')}</Button>
        </div>
      )}
    </EntryPage>
  )
}
