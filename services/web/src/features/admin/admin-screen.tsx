import { useQuery, useQueryClient } from '@tanstack/react-query'
import { MoreHorizontal } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { asProblem } from '@/api/problems'
import type { Person } from '@/api/types'
import { ProblemNotice, useProblemText } from '@/features/problems'
import { PanelHeader } from '@/features/shell'
import { Avatar } from '@/ui/avatar'
import { INPUT } from '@/ui/field'
import { IconButton } from '@/ui/icon-button'
import { Menu, MenuItem } from '@/ui/menu'
import { Section } from '@/ui/section'
import { Skeleton } from '@/ui/skeleton'
import { toast } from '@/ui/toast'

/** The accounts of this installation, and which of its parts answer. */
export function AdminScreen() {
  const t = useTranslations('admin')
  const [word, setWord] = useState('')
  const search = useDeferredValue(word.trim())
  const users = useQuery({
    queryKey: ['admin-users', search],
    queryFn: () => answer(api.GET('/api/v1/auth/admin/users', { params: { query: { limit: 100, ...(search ? { search } : {}) } } })),
  })
  const status = useQuery({ queryKey: ['status'], refetchInterval: 10_000, queryFn: () => answer(api.GET('/api/v1/status')) })
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <PanelHeader title={t('title')} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[720px] flex-col gap-6 p-5">
          <Section title={t('status')}>
            <ProblemNotice error={status.error} />
            <ul className="flex flex-wrap gap-2">
              {Object.entries(status.data?.parts ?? {}).map(([name, state]) => (
                <li key={name} className="flex items-center gap-2 rounded-lg border border-line px-3 py-1 text-[14px]">
                  <span aria-hidden className={state === 'ok' ? 'size-2 rounded-full bg-ok' : 'size-2 rounded-full bg-danger'} />
                  {name} <span className="text-soft">{String(state)}</span>
                </li>
              ))}
            </ul>
          </Section>
          <Section title={t('users')}>
            <input type="search" aria-label={t('search')} placeholder={t('search')} value={word} onChange={(event) => setWord(event.target.value)} className={INPUT} />
            <ProblemNotice error={users.error} retry={users.refetch} />
            {users.isPending && <Skeleton label={t('users')} />}
            <ul className="flex flex-col">
              {users.data?.map((one) => (
                <UserRow key={one.id} person={one} />
              ))}
            </ul>
          </Section>
        </div>
      </div>
    </main>
  )
}

function UserRow({ person }: { person: Person }) {
  const t = useTranslations('admin')
  const format = useFormatter()
  const textOf = useProblemText()
  const queries = useQueryClient()
  const params = { path: { user_id: person.id } }
  async function attempt(work: Promise<unknown>) {
    try {
      await work
      toast(t('done'))
      await queries.invalidateQueries({ queryKey: ['admin-users'] })
    } catch (error) {
      toast(textOf(asProblem(error)), { look: 'danger' })
    }
  }
  return (
    <li className="flex min-h-14 items-center gap-3 border-b border-line py-2 last:border-0">
      <Avatar name={person.display_name} />
      <div className="min-w-0 flex-1">
        <bdi className="block truncate text-left font-semibold">{person.display_name}</bdi>
        <span className="block truncate text-[13px] text-soft">
          {person.email} · {format.dateTime(new Date(person.created_at), { dateStyle: 'medium' })}
        </span>
      </div>
      {person.is_admin && <span className="rounded-full bg-accent-soft px-2 text-[12px] leading-6 font-semibold text-accent">{t('admin')}</span>}
      <Menu trigger={<IconButton icon={MoreHorizontal} label={t('actions', { name: person.display_name })} />}>
        <MenuItem onSelect={() => attempt(answer(api.PUT('/api/v1/auth/admin/users/{user_id}/role', { params, body: { is_admin: !person.is_admin } })))}>
          {person.is_admin ? t('dismiss') : t('appoint')}
        </MenuItem>
        <MenuItem onSelect={() => attempt(answer(api.POST('/api/v1/auth/admin/users/{user_id}/password-reset', { params })))}>{t('reset')}</MenuItem>
        <MenuItem danger onSelect={() => attempt(answer(api.DELETE('/api/v1/auth/admin/users/{user_id}/sessions', { params })))}>
          {t('end_sessions')}
        </MenuItem>
      </Menu>
    </li>
  )
}
