import type { LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cx } from '@/lib/cx'

interface Props extends Omit<ComponentProps<'button'>, 'children'> {
  icon: LucideIcon
  label: string
  pressed?: boolean
  size?: 'small' | 'medium'
}

/** A button that is only an icon; its name is read out and shown on hover. */
export function IconButton({ icon: Icon, label, pressed, size = 'medium', className, ...rest }: Props) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      {...rest}
      className={cx(
        'inline-flex shrink-0 items-center justify-center rounded-lg text-soft transition-colors hover:bg-hover hover:text-ink',
        'disabled:cursor-default disabled:opacity-40 touch:size-11',
        size === 'small' ? 'size-8' : 'size-9',
        pressed && 'bg-accent-soft text-accent hover:text-accent',
        className,
      )}
    >
      <Icon size={size === 'small' ? 16 : 18} aria-hidden />
    </button>
  )
}
