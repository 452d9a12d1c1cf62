import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface Props {
  title: string
  text?: string
  icon?: LucideIcon
  children?: ReactNode
}

/** What stands where nothing is yet: what it is for, and the first step. */
export function EmptyState({ title, text, icon: Icon, children }: Props) {
  return (
    <div className="flex max-w-[400px] flex-col items-center gap-3 px-6 py-10 text-center">
      {Icon && (
        <span className="flex size-12 items-center justify-center rounded-2xl bg-accent-soft text-accent">
          <Icon size={22} aria-hidden />
        </span>
      )}
      <h2 className="text-[17px] leading-6 font-semibold break-words">{title}</h2>
      {text && <p className="text-soft text-balance break-words">{text}</p>}
      {children && <div className="mt-2 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  )
}
