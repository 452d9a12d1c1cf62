import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { updateUser, useSession } from '@/session/session'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Section } from '@/ui/section'
import { toast } from '@/ui/toast'

export function ProfileSettings() {
  const t = useTranslations('account')
  const user = useSession((state) => state.user)
  const [name, setName] = useState(user?.display_name ?? '')
  const [email, setEmail] = useState(user?.email ?? '')
  const profile = useAttempt()
  const address = useAttempt()
  if (!user) return null

  async function saveName(event: FormEvent) {
    event.preventDefault()
    const saved = await profile.run(async () => updateUser(await answer(api.PATCH('/api/v1/auth/me', { body: { display_name: name.trim() } }))))
    if (saved) toast(t('saved'))
  }
  async function changeEmail(event: FormEvent) {
    event.preventDefault()
    const sent = await address.run(() => answer(api.POST('/api/v1/auth/email/change', { body: { email } })))
    if (sent) toast(t('email_sent', { email }))
  }

  return (
    <>
      <Section title={t('profile')} text={t('profile_text')}>
        <form onSubmit={saveName} className="flex flex-col gap-3">
          <div className="flex items-end gap-4">
            <Avatar name={name || user.display_name} url={user.avatar_url} size={56} />
            <Field label={t('name')} required maxLength={64} value={name} onChange={(event) => setName(event.target.value)} className="flex-1" />
          </div>
          <ProblemNotice error={profile.error} />
          <Button type="submit" look="primary" busy={profile.busy} disabled={name.trim() === '' || name === user.display_name} className="self-start">
            {t('save')}
          </Button>
        </form>
      </Section>
      <Section title={t('email')} text={user.email_verified ? t('email_verified') : t('email_unverified')}>
        <form onSubmit={changeEmail} className="flex flex-col gap-3">
          <Field label={t('email')} type="email" required value={email} onChange={(event) => setEmail(event.target.value)} />
          <ProblemNotice error={address.error} />
          <Button type="submit" busy={address.busy} disabled={email === user.email} className="self-start">
            {t('change_email')}
          </Button>
        </form>
      </Section>
    </>
  )
}
