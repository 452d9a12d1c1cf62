import { useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Trash2 } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { passkeys } from '@/session/passkeys'
import { Button } from '@/ui/button'
import { IconButton } from '@/ui/icon-button'
import { Section } from '@/ui/section'

export function PasskeySettings() {
  const t = useTranslations('account')
  const format = useFormatter()
  const queries = useQueryClient()
  const list = useQuery({ queryKey: ['passkeys'], queryFn: () => answer(api.GET('/api/v1/auth/passkeys')) })
  const { busy, error, run } = useAttempt()
  const refresh = () => queries.invalidateQueries({ queryKey: ['passkeys'] })

  const add = () =>
    run(async () => {
      const options = await answer(api.POST('/api/v1/auth/passkeys/enrol'))
      const credential = await passkeys.create(options)
      const name = navigator.userAgent.match(/Windows|Mac|Linux|Android|iPhone|iPad/)?.[0] ?? ''
      await answer(api.POST('/api/v1/auth/passkeys', { body: { credential, name } }))
      await refresh()
    })
  const remove = (id: string) =>
    run(async () => {
      await answer(api.DELETE('/api/v1/auth/passkeys/{passkey_id}', { params: { path: { passkey_id: id } } }))
      await refresh()
    })

  return (
    <Section title={t('passkeys')} text={passkeys.supported() ? t('passkeys_text') : t('passkeys_unsupported')}>
      <ul className="flex flex-col empty:hidden">
        {list.data?.map((one) => (
          <li key={one.id} className="flex items-center gap-3 border-b border-line py-2 last:border-0">
            <KeyRound size={16} aria-hidden className="text-soft" />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-semibold">{one.name || t('passkey')}</span>
              <span className="block text-[13px] text-soft">{t('added', { time: format.dateTime(new Date(one.created_at), { dateStyle: 'medium' }) })}</span>
            </span>
            <IconButton icon={Trash2} label={t('remove', { name: one.name || t('passkey') })} onClick={() => remove(one.id)} />
          </li>
        ))}
      </ul>
      <ProblemNotice error={error instanceof DOMException ? null : (error ?? list.error)} />
      {passkeys.supported() && (
        <Button busy={busy} onClick={add} className="self-start">
          {t('add_passkey')}
        </Button>
      )}
    </Section>
  )
}
