import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import type { Override } from '@/api/types'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { INPUT } from '@/ui/field'

const ROLES = ['moderator', 'member'] as const
const PERMISSIONS = ['view', 'post', 'react', 'attach', 'start_threads', 'mention_many', 'pin', 'moderate'] as const
type Permission = (typeof PERMISSIONS)[number]

/** What a role may in this channel, where that differs from the space. */
export function OverrideEditor({ channel }: { channel: string }) {
  const t = useTranslations('space_settings')
  const queries = useQueryClient()
  const [role, setRole] = useState<(typeof ROLES)[number]>('member')
  const { error, run } = useAttempt()
  const path = { channel_id: channel }
  const list = useQuery({
    queryKey: ['overrides', channel],
    queryFn: () => answer(api.GET('/api/v1/channels/{channel_id}/overrides', { params: { path } })),
  })
  const subject = `role:${role}`
  const held: Override = list.data?.find((one) => one.subject === subject) ?? { subject, allow: [], deny: [] }

  function set(permission: Permission, choice: string) {
    const rest = (all: string[]) => all.filter((one) => one !== permission)
    const body = {
      allow: choice === 'allow' ? [...rest(held.allow), permission] : rest(held.allow),
      deny: choice === 'deny' ? [...rest(held.deny), permission] : rest(held.deny),
    }
    void run(async () => {
      const params = { path: { ...path, subject } }
      const url = '/api/v1/channels/{channel_id}/overrides/{subject}'
      await answer(body.allow.length + body.deny.length > 0 ? api.PUT(url, { params, body }) : (api.DELETE(url, { params }) as never))
      await queries.invalidateQueries({ queryKey: ['overrides', channel] })
    })
  }

  return (
    <fieldset className="flex flex-col gap-3 border-t border-line pt-4">
      <legend className="float-left w-full text-[14px] font-semibold">{t('overrides')}</legend>
      <select aria-label={t('role')} value={role} onChange={(event) => setRole(event.target.value as typeof role)} className={INPUT}>
        {ROLES.map((one) => (
          <option key={one} value={one}>
            {t(one)}
          </option>
        ))}
      </select>
      <ProblemNotice error={error ?? list.error} />
      <ul className="flex flex-col gap-1">
        {PERMISSIONS.map((one) => (
          <li key={one} className="flex items-center gap-3">
            <span className="min-w-0 flex-1 text-[14px]">{t(`may_${one}`)}</span>
            <select
              aria-label={t(`may_${one}`)}
              value={held.allow.includes(one) ? 'allow' : held.deny.includes(one) ? 'deny' : 'inherit'}
              onChange={(event) => set(one, event.target.value)}
              className="min-h-9 rounded-lg border border-line bg-raised px-2 text-[14px] touch:min-h-11"
            >
              <option value="inherit">{t('inherit')}</option>
              <option value="allow">{t('allow')}</option>
              <option value="deny">{t('deny')}</option>
            </select>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
