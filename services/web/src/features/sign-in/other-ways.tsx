import { KeyRound } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { adopt } from '@/session/session'
import { passkeys } from '@/session/passkeys'
import { Button } from '@/ui/button'

interface Props {
  next?: string
  onEntered: () => void
  onError: (error: unknown) => void
}

/** Passkeys (also from the browser's own list of suggestions) and Discord. */
export function OtherWays({ next, onEntered, onError }: Props) {
  const t = useTranslations('entry')
  const [busy, setBusy] = useState(false)
  const offered = useRef<AbortController | null>(null)

  useEffect(() => {
    const abort = new AbortController()
    offered.current = abort
    void offerInAutofill(abort.signal).then((entered) => entered && onEntered())
    return () => abort.abort()
    // Offered once per visit of the page.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [])

  async function byPasskey() {
    setBusy(true)
    onError(null)
    offered.current?.abort() // A browser asks one question at a time.
    try {
      await enterByPasskey()
      onEntered()
    } catch (error) {
      if (!(error instanceof DOMException)) onError(error)
    } finally {
      setBusy(false)
    }
  }

  async function byDiscord() {
    onError(null)
    try {
      const query = { mode: 'login' as const, return_to: next ?? '/' }
      const departure = await answer(api.GET('/api/v1/auth/discord/start', { params: { query } }))
      if (departure) location.assign(departure.authorize_url)
    } catch (error) {
      onError(error)
    }
  }

  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-center gap-3 text-[13px] text-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        {t('or')}
      </div>
      {passkeys.supported() && (
        <Button onClick={byPasskey} busy={busy}>
          <KeyRound size={16} aria-hidden />
          {t('by_passkey')}
        </Button>
      )}
      <Button onClick={byDiscord}>{t('by_discord')}</Button>
    </div>
  )
}

async function enterByPasskey(mediation?: CredentialMediationRequirement, signal?: AbortSignal) {
  const options = await answer(api.POST('/api/v1/auth/passkeys/login/options', {}))
  const credential = await passkeys.prove(options, { mediation, signal })
  adopt(await answer(api.POST('/api/v1/auth/passkeys/login', { body: { credential } })))
}

async function offerInAutofill(signal: AbortSignal): Promise<boolean> {
  try {
    if (!(await passkeys.inAutofill())) return false
    await enterByPasskey('conditional', signal)
    return true
  } catch {
    return false // Declined, or left the page: the form is still there.
  }
}
