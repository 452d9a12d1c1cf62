import { useInfiniteQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { useSession } from '@/session/session'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Section } from '@/ui/section'
import { toast } from '@/ui/toast'
import { PasskeySettings } from './passkey-settings'
import { TotpSettings } from './totp-settings'

export function SecuritySettings() {
  return (
    <>
      <PasswordSettings />
      <PasskeySettings />
      <TotpSettings />
      <SecurityLog />
    </>
  )
}

function PasswordSettings() {
  const t = useTranslations('account')
  const hasPassword = useSession((state) => state.user?.has_password)
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useAttempt()

  async function submit(event: FormEvent) {
    event.preventDefault()
    const body = hasPassword ? { current, new: next } : { new: next }
    if (!(await change.run(() => answer(api.POST('/api/v1/auth/password/change', { body }))))) return
    setCurrent('')
    setNext('')
    toast(t('password_changed'))
  }

  return (
    <Section title={t('password')} text={t('password_text')}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        {hasPassword && <Field label={t('current_password')} type="password" autoComplete="current-password" required value={current} onChange={(event) => setCurrent(event.target.value)} />}
        <Field label={t('new_password')} type="password" autoComplete="new-password" minLength={8} required value={next} onChange={(event) => setNext(event.target.value)} />
        <ProblemNotice error={change.error} />
        <Button type="submit" busy={change.busy} className="self-start">
          {t('change_password')}
        </Button>
      </form>
    </Section>
  )
}

function SecurityLog() {
  const t = useTranslations('account')
  const format = useFormatter()
  const log = useInfiniteQuery({
    queryKey: ['security-log'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => answer(api.GET('/api/v1/auth/security-log', { params: { query: { limit: 20, ...(pageParam ? { before: pageParam } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  return (
    <Section title={t('log')} text={t('log_text')}>
      <ProblemNotice error={log.error} retry={log.refetch} />
      <ul className="flex flex-col">
        {log.data?.pages.flatMap((page) => page.items).map((entry) => (
          <li key={entry.id} className="flex flex-wrap items-baseline gap-x-3 border-b border-line py-2 text-[14px] last:border-0">
            <span className={entry.outcome === 'refused' ? 'font-semibold text-danger' : 'font-semibold'}>{entry.action.replaceAll(/[._]/g, ' ')}</span>
            <span className="text-soft">{[entry.device, entry.network].filter(Boolean).join(' · ')}</span>
            <time dateTime={entry.at} className="ml-auto text-[13px] text-soft">
              {format.dateTime(new Date(entry.at), { dateStyle: 'medium', timeStyle: 'short' })}
            </time>
          </li>
        ))}
      </ul>
      {log.hasNextPage && (
        <Button size="small" busy={log.isFetchingNextPage} onClick={() => log.fetchNextPage()} className="self-start">
          {t('more')}
        </Button>
      )}
    </Section>
  )
}
