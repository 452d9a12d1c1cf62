import { type ComponentProps, useId } from 'react'
import { cx } from '@/lib/cx'

interface Props extends ComponentProps<'input'> {
  label: string
  hint?: string
  error?: string
}

export const INPUT =
  'w-full rounded-lg border border-line-strong/60 bg-raised px-3 min-h-10 touch:min-h-11 text-[15px] touch:text-[16px] placeholder:text-soft/80 aria-invalid:border-danger'

/** A labelled input with its hint and its error; both are read out with it. */
export function Field({ label, hint, error, className, id, ...rest }: Props) {
  const made = useId()
  const name = id ?? made
  return (
    <div className={cx('flex flex-col gap-1', className)}>
      <label htmlFor={name} className="text-[13px] font-semibold">
        {label}
      </label>
      <input
        id={name}
        {...rest}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || hint ? `${name}-note` : undefined}
        className={INPUT}
      />
      {(error || hint) && (
        <p id={`${name}-note`} role={error ? 'alert' : undefined} className={cx('text-[13px]', error ? 'text-danger' : 'text-soft')}>
          {error || hint}
        </p>
      )}
    </div>
  )
}
