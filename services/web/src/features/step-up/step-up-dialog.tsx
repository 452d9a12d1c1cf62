import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { asProblem } from '@/api/problems'
import { ProblemNotice } from '@/features/problems'
import { passkeys } from '@/session/passkeys'
import { adopt } from '@/session/session'
import { settleProof, useStepUp } from '@/session/step-up'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'

/** Prove again who you are; what was asked for goes on by itself afterwards. */
export function StepUpDialog() {
  const asking = useStepUp((state) => state.asking)
  return asking ? <Proof /> : null
}

function Proof() {
  const t = useTranslations('step_up')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [needsCode, setNeedsCode] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  async function attempt(work: () => Promise<void>) {
    setBusy(true)
    setError(null)
    try {
      await work()
      settleProof(true)
    } catch (failure) {
      const problem = asProblem(failure)
      if (problem.code === 'totp_needed' && !needsCode) setNeedsCode(true)
      else if (!(failure instanceof DOMException)) setError(problem)
    } finally {
      setBusy(false)
    }
  }

  function byPassword(event: FormEvent) {
    event.preventDefault()
    const body = { password, ...(code ? { totp: code.replaceAll(' ', '') } : {}) }
    void attempt(async () => adopt(await answer(api.POST('/api/v1/auth/step-up', { body }))))
  }

  function byPasskey() {
    void attempt(async () => {
      const options = await answer(api.POST('/api/v1/auth/passkeys/login/options', {}))
      const credential = await passkeys.prove(options)
      adopt(await answer(api.POST('/api/v1/auth/step-up/passkey', { body: { credential } })))
    })
  }

  return (
    <Dialog open onOpenChange={(open) => !open && settleProof(false)} title={t('title')} description={t('text')} closeLabel={t('close')}>
      <form onSubmit={byPassword} className="flex flex-col gap-4">
        <Field label={t('password')} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        {needsCode && <Field label={t('code')} inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.target.value)} />}
        <ProblemNotice error={error} />
        <div className="flex flex-wrap justify-end gap-2">
          {passkeys.supported() && <Button onClick={byPasskey}>{t('by_passkey')}</Button>}
          <Button type="submit" look="primary" busy={busy}>
            {t('confirm')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
