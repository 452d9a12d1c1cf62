import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { ProblemNotice } from '@/features/problems'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { EntryPage } from './entry-page'

interface Props {
  error: unknown
  onCode: (second: { totp?: string; recovery_code?: string }) => Promise<void>
  onBack: () => void
}

export function CodeStep({ error, onCode, onBack }: Props) {
  const t = useTranslations('entry')
  const [code, setCode] = useState('')
  const [recovery, setRecovery] = useState(false)
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    const typed = code.trim()
    await onCode(recovery ? { recovery_code: typed } : { totp: typed.replaceAll(' ', '') })
    setBusy(false)
  }

  return (
    <EntryPage title={t('code_title')} lead={recovery ? t('recovery_lead') : t('code_lead')}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field
          key={String(recovery)}
          label={recovery ? t('recovery_code') : t('code')}
          inputMode={recovery ? 'text' : 'numeric'}
          autoComplete="one-time-code"
          autoFocus
          required
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <ProblemNotice error={error} />
        <Button type="submit" look="primary" busy={busy}>
          {t('sign_in')}
        </Button>
        <div className="flex justify-between">
          <Button look="quiet" size="small" onClick={onBack}>
            {t('back')}
          </Button>
          <Button look="quiet" size="small" onClick={() => setRecovery(!recovery)}>
            {recovery ? t('use_app') : t('use_recovery')}
          </Button>
        </div>
      </form>
    </EntryPage>
  )
}
