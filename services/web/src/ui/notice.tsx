import { AlertTriangle, CheckCircle2, Info, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '@/lib/cx'

const LOOKS: Record<string, { icon: LucideIcon; look: string }> = {
  danger: { icon: AlertTriangle, look: 'bg-danger-soft text-danger' },
  warn: { icon: AlertTriangle, look: 'bg-warn-soft text-warn' },
  ok: { icon: CheckCircle2, look: 'bg-accent-soft text-accent' },
  info: { icon: Info, look: 'bg-panel text-soft' },
}

interface Props {
  look?: 'danger' | 'warn' | 'ok' | 'info'
  children: ReactNode
  action?: ReactNode
}

/** Something to know, where it matters. Failures are read out at once. */
export function Notice({ look = 'info', children, action }: Props) {
  const { icon: Icon, look: colours } = LOOKS[look] as { icon: LucideIcon; look: string }
  return (
    <div
      role={look === 'danger' ? 'alert' : 'status'}
      className={cx('flex items-start gap-2 rounded-lg px-3 py-2 text-[14px]', colours)}
    >
      <Icon size={16} className="mt-[3px] shrink-0" aria-hidden />
      <div className="min-w-0 flex-1 break-words">{children}</div>
      {action}
    </div>
  )
}
