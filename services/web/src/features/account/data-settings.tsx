import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { saveFile } from '@/lib/save-file'
import { useAttempt } from '@/lib/use-attempt'
import { forget, reloadUser, useSession } from '@/session/session'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Section } from '@/ui/section'

/** Discord, the export of everything about oneself, and the end of the account. */
export function DataSettings() {
  const t = useTranslations('account')
  const user = useSession((state) => state.user)
  const [asking, setAsking] = useState(false)
  const discord = useAttempt()
  const exporting = useAttempt()
  const deleting = useAttempt()
  const linked = user?.identities.find((one) => one.provider === 'discord')

  const link = () =>
    discord.run(async () => {
      const query = { mode: 'link' as const, return_to: '/settings/data' }
      const departure = await answer(api.GET('/api/v1/auth/discord/start', { params: { query } }))
      if (departure) location.assign(departure.authorize_url)
    })
  const unlink = () =>
    discord.run(async () => {
      await answer(api.DELETE('/api/v1/auth/identities/discord'))
      await reloadUser()
    })
  const download = () => exporting.run(async () => saveFile('guildhall-account.json', JSON.stringify(await answer(api.GET('/api/v1/auth/me/export')), null, 2)))
  const remove = () =>
    deleting.run(async () => {
      await answer(api.DELETE('/api/v1/auth/me'))
      forget()
    })

  return (
    <>
      <Section title="Discord" text={linked ? t('discord_linked', { name: linked.username }) : t('discord_text')}>
        <ProblemNotice error={discord.error} />
        <Button busy={discord.busy} onClick={linked ? unlink : link} className="self-start">
          {linked ? t('discord_unlink') : t('discord_link')}
        </Button>
      </Section>
      <Section title={t('export')} text={t('export_text')}>
        <ProblemNotice error={exporting.error} />
        <Button busy={exporting.busy} onClick={download} className="self-start">
          {t('export_now')}
        </Button>
      </Section>
      <Section title={t('delete')} text={t('delete_text')}>
        <Button look="danger" onClick={() => setAsking(true)} className="self-start">
          {t('delete')}
        </Button>
      </Section>
      <Dialog open={asking} onOpenChange={setAsking} title={t('delete_title')} description={t('delete_text')} closeLabel={t('close')}>
        <ProblemNotice error={deleting.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>{t('cancel')}</Button>
          <Button look="danger" busy={deleting.busy} onClick={remove}>
            {t('delete')}
          </Button>
        </div>
      </Dialog>
    </>
  )
}
