import { type FormEvent, useState } from 'react'
import { encode } from 'uqr'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { ProblemNotice } from '@/features/problems'
import { useAttempt } from '@/lib/use-attempt'
import { reloadUser, useSession } from '@/session/session'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Section } from '@/ui/section'
import { toast } from '@/ui/toast'

/** The authenticator app: a picture to scan, a code to prove it, recovery codes to keep. */
export function TotpSettings() {
  const t = useTranslations('account')
  const [offer, setOffer] = useState<{ secret: string; uri: string } | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const [code, setCode] = useState('')
  const factors = useSession((state) => state.user?.factors)
  const { busy, error, run } = useAttempt()

  const enrol = () => run(async () => setOffer(await answer(api.POST('/api/v1/auth/totp/enrol'))))
  const renew = () =>
    run(async () => {
      setCodes((await answer(api.POST('/api/v1/auth/totp/recovery-codes'))).recovery_codes)
      await reloadUser()
    })
  async function disable() {
    const off = await run(async () => {
      await answer(api.POST('/api/v1/auth/totp/disable'))
      await reloadUser()
    })
    if (off) toast(t('totp_off'))
  }
  function confirm(event: FormEvent) {
    event.preventDefault()
    void run(async () => {
      const body = { code: code.replaceAll(' ', '') }
      setCodes((await answer(api.POST('/api/v1/auth/totp/confirm', { body }))).recovery_codes)
      setOffer(null)
      setCode('')
      await reloadUser()
    })
  }

  return (
    <Section title={t('totp')} text={factors?.totp ? t('totp_on', { count: factors.recovery_codes_left }) : t('totp_text')}>
      <ProblemNotice error={error} />
      {codes && <RecoveryCodes codes={codes} />}
      {offer ? (
        <form onSubmit={confirm} className="flex flex-col gap-3">
          <QrCode text={offer.uri} />
          <p className="text-[13px] text-soft">
            {t('totp_secret')} <code className="font-mono break-all text-ink">{offer.secret}</code>
          </p>
          <Field label={t('code')} inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.target.value)} />
          <Button type="submit" look="primary" busy={busy} className="self-start">
            {t('confirm')}
          </Button>
        </form>
      ) : (
        <div className="flex flex-wrap gap-2">
          {factors?.totp ? (
            <>
              <Button onClick={renew}>{t('new_codes')}</Button>
              <Button look="quiet" onClick={disable}>
                {t('totp_disable')}
              </Button>
            </>
          ) : (
            <Button busy={busy} onClick={enrol}>
              {t('totp_enrol')}
            </Button>
          )}
        </div>
      )}
    </Section>
  )
}

function RecoveryCodes({ codes }: { codes: string[] }) {
  const t = useTranslations('account')
  return (
    <>
      <Notice look="warn">{t('codes_text')}</Notice>
      <ul className="grid grid-cols-2 gap-1 rounded-xl border border-line bg-panel p-3 font-mono text-[14px]">
        {codes.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <Button className="self-start" onClick={() => navigator.clipboard?.writeText(codes.join('\n')).then(() => toast(t('copied')))}>
        {t('copy')}
      </Button>
    </>
  )
}

/** Drawn as one path; always dark on white, or no camera reads it. */
function QrCode({ text }: { text: string }) {
  const t = useTranslations('account')
  const { data, size } = encode(text, { border: 2 })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg role="img" aria-label={t('qr')} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" className="size-44 rounded-lg bg-white">
      <path d={path} fill="#000" />
    </svg>
  )
}
