import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { cx } from '@/lib/cx'
import { useConnection } from '@/realtime/connection'

const QUIET_MS = 2_000
const CAUGHT_UP_MS = 2_500

/** Said only when it lasts: reconnecting, then caught up; or that this tab has stopped, and why. */
export function ConnectionBar() {
  const t = useTranslations('connection')
  const { status, since, reason } = useConnection()
  const [shown, setShown] = useState<'lost' | 'back' | null>(null)

  useEffect(() => {
    if (status === 'open') {
      setShown((before) => (before === 'lost' ? 'back' : null))
      const timer = setTimeout(() => setShown(null), CAUGHT_UP_MS)
      return () => clearTimeout(timer)
    }
    if (status === 'off') return setShown(null)
    const timer = setTimeout(() => setShown('lost'), Math.max(0, since + QUIET_MS - Date.now()))
    return () => clearTimeout(timer)
  }, [status, since])

  if (status === 'stopped') {
    return (
      <div role="alert" className="bg-danger-soft px-4 py-1.5 text-center text-[13px] text-danger">
        {reason === 'too_many' ? t('too_many') : t('bad_frame')}
      </div>
    )
  }
  if (!shown) return null
  return (
    <div
      role="status"
      className={cx('px-4 py-1.5 text-center text-[13px]', shown === 'lost' ? 'bg-warn-soft text-warn' : 'bg-accent-soft text-accent')}
    >
      {shown === 'lost' ? t('lost') : t('back')}
    </div>
  )
}
