import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'

interface Props {
  title: string
  lead?: string
  children: ReactNode
  footer?: ReactNode
}

/** The frame of everything before the door: one column, one thing to do. */
export function EntryPage({ title, lead, children, footer }: Props) {
  const t = useTranslations('entry')
  return (
    <div className="flex h-full flex-col items-center overflow-y-auto px-5 py-8">
      <main className="my-auto flex w-full max-w-[380px] flex-col gap-6">
        <header className="flex flex-col gap-4">
          <img src="/icon.svg" alt="" width={40} height={40} />
          <div className="flex flex-col gap-1">
            <h1 className="text-[24px] leading-8 font-semibold tracking-tight break-words">{title}</h1>
            {lead && <p className="text-soft break-words">{lead}</p>}
          </div>
        </header>
        {children}
        {footer && <footer className="flex flex-col gap-2 border-t border-line pt-4 text-[14px] text-soft">{footer}</footer>}
      </main>
      {!globalThis.isSecureContext && <p className="mt-6 max-w-[380px] text-[13px] text-warn">{t('insecure')}</p>}
    </div>
  )
}

export const LINK = 'font-semibold text-accent underline-offset-4 hover:underline'
