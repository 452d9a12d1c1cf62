import { Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'

interface Props {
  title: ReactNode
  detail?: ReactNode
  /** Where back leads on a phone. */
  space?: string
  children?: ReactNode
}

/** The line above a screen: what it is, and what can be done with it. */
export function PanelHeader({ title, detail, space, children }: Props) {
  const t = useTranslations('shell')
  const look = 'inline-flex size-11 shrink-0 items-center justify-center rounded-lg text-soft hover:bg-hover md:hidden'
  return (
    <header className="flex min-h-14 shrink-0 items-center gap-1 border-b border-line pr-2 pl-1 md:pl-4">
      {space ? (
        <Link to="/s/$space" params={{ space }} aria-label={t('back')} className={look}>
          <ArrowLeft size={18} aria-hidden />
        </Link>
      ) : (
        <Link to="/" aria-label={t('back')} className={look}>
          <ArrowLeft size={18} aria-hidden />
        </Link>
      )}
      <div className="min-w-0 flex-1">
        <h1 className="truncate text-[15px] leading-5 font-semibold">{title}</h1>
        {detail && <p className="truncate text-[13px] leading-5 text-soft">{detail}</p>}
      </div>
      {children}
    </header>
  )
}
