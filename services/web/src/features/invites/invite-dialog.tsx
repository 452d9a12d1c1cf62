import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import type { Invite } from '@/api/types'
import { ProblemNotice } from '@/features/problems'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { INPUT } from '@/ui/field'

interface Props {
  space: string
  open: boolean
  onOpenChange: (open: boolean) => void
}

const DAY = 86_400
const LIFETIMES = [3_600, DAY, 7 * DAY, 30 * DAY]

export function InviteDialog({ space, open, onOpenChange }: Props) {
  const t = useTranslations('invites')
  const format = useFormatter()
  const [seconds, setSeconds] = useState(7 * DAY)
  const [invite, setInvite] = useState<Invite | null>(null)
  const [copied, setCopied] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const link = invite ? `${location.origin}/invite/${invite.code}` : ''

  async function create() {
    setBusy(true)
    setError(null)
    try {
      const params = { path: { space_id: space } }
      setInvite(await answer(api.POST('/api/v1/spaces/{space_id}/invites', { params, body: { expires_in: seconds } })))
      setCopied(false)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  async function copy() {
    await navigator.clipboard?.writeText(link)
    setCopied(true)
  }

  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('title')} description={t('text')} closeLabel={t('close')}>
      <label className="flex flex-col gap-1">
        <span className="text-[13px] font-semibold">{t('lifetime')}</span>
        <select value={seconds} onChange={(event) => setSeconds(Number(event.target.value))} className={INPUT}>
          {LIFETIMES.map((one) => (
            <option key={one} value={one}>
              {one < DAY ? t('hours', { count: one / 3600 }) : t('days', { count: one / DAY })}
            </option>
          ))}
        </select>
      </label>
      <ProblemNotice error={error} />
      {invite ? (
        <div className="flex flex-col gap-2">
          <div className="flex gap-2">
            <input readOnly aria-label={t('link')} value={link} onFocus={(event) => event.target.select()} className={INPUT} />
            <Button look="primary" onClick={copy}>
              {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
              {copied ? t('copied') : t('copy')}
            </Button>
          </div>
          <p className="text-[13px] text-soft">{t('until', { time: format.dateTime(new Date(invite.expires_at), { dateStyle: 'medium', timeStyle: 'short' }) })}</p>
        </div>
      ) : (
        <Button look="primary" busy={busy} onClick={create}>
          {t('create')}
        </Button>
      )}
    </Dialog>
  )
}
