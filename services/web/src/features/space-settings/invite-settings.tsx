import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { InviteDialog } from '@/features/invites'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { Button } from '@/ui/button'
import { IconButton } from '@/ui/icon-button'
import { Section } from '@/ui/section'

export function InviteSettings({ space }: { space: string }) {
  const t = useTranslations('space_settings')
  const format = useFormatter()
  const queries = useQueryClient()
  const [inviting, setInviting] = useState(false)
  const { error, run } = useAttempt()
  const list = useQuery({
    queryKey: ['invites', space],
    staleTime: 0,
    queryFn: () => answer(api.GET('/api/v1/spaces/{space_id}/invites', { params: { path: { space_id: space } } })),
  })
  const after = () => queries.invalidateQueries({ queryKey: ['invites', space] })
  const open = list.data?.filter((one) => !one.revoked_at)
  const revoke = (code: string) =>
    run(async () => {
      await answer(api.DELETE('/api/v1/invites/{code}', { params: { path: { code } } }))
      await after()
    })

  return (
    <Section title={t('invites')}>
      <ProblemNotice error={error ?? list.error} retry={list.refetch} />
      {open?.length === 0 && <p className="text-soft">{t('no_invites')}</p>}
      <ul className="flex flex-col">
        {open?.map((one) => (
          <li key={one.code} className="flex items-center gap-3 border-b border-line py-2 last:border-0">
            <span className="min-w-0 flex-1">
              <code className="block truncate font-mono text-[14px]">{one.code}</code>
              <span className="block text-[13px] text-soft">
                {t('used', { count: one.uses ?? 0 })} · {t('until', { time: format.dateTime(new Date(one.expires_at), { dateStyle: 'medium', timeStyle: 'short' }) })}
              </span>
            </span>
            <IconButton icon={Trash2} label={t('revoke', { code: one.code })} onClick={() => revoke(one.code)} />
          </li>
        ))}
      </ul>
      <Button className="self-start" onClick={() => setInviting(true)}>
        {t('invite')}
      </Button>
      <InviteDialog
        space={space}
        open={inviting}
        onOpenChange={(now) => {
          setInviting(now)
          if (!now) void after()
        }}
      />
    </Section>
  )
}
