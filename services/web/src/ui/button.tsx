import type { ComponentProps } from 'react'
import { cx } from '@/lib/cx'
import { Spinner } from './spinner'

const LOOKS = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-hover',
  plain: 'border border-line bg-raised hover:bg-hover',
  quiet: 'text-soft hover:bg-hover hover:text-ink',
  danger: 'bg-danger-soft text-danger hover:brightness-95 dark:hover:brightness-110',
} as const

interface Props extends ComponentProps<'button'> {
  look?: keyof typeof LOOKS
  size?: 'small' | 'medium'
  busy?: boolean
}

export function Button({ look = 'plain', size = 'medium', busy = false, className, children, disabled, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={disabled || busy}
      className={cx(
        'inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-semibold whitespace-nowrap transition-colors',
        'disabled:cursor-default disabled:opacity-55 touch:min-h-11',
        size === 'small' ? 'min-h-8 px-3 text-[13px]' : 'min-h-10 px-4 text-[14px]',
        LOOKS[look],
        className,
      )}
    >
      {busy && <Spinner />}
      {children}
    </button>
  )
}
