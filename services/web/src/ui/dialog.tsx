import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from '@/lib/cx'
import { IconButton } from './icon-button'
import { useReturnFocus } from './use-return-focus'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: string
  closeLabel: string
  children: ReactNode
  wide?: boolean
}

/** A modal question. On phones it comes from below; focus goes in, and back to where it was. */
export function Dialog({ open, onOpenChange, title, description, closeLabel, children, wide = false }: Props) {
  const focus = useReturnFocus()
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Radix.Content
          {...focus}
          aria-describedby={description ? undefined : ''}
          className={cx(
            'fixed z-50 flex max-h-[90dvh] flex-col gap-4 overflow-y-auto bg-raised p-5 shadow-float animate-appear',
            'inset-x-0 bottom-0 rounded-t-2xl md:inset-auto md:top-1/2 md:left-1/2 md:w-full md:-translate-x-1/2 md:-translate-y-1/2 md:rounded-2xl',
            wide ? 'md:max-w-[640px]' : 'md:max-w-[440px]',
          )}
        >
          <div className="flex items-start gap-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-[17px] leading-6 font-semibold break-words">{title}</Radix.Title>
              {description && <Radix.Description className="mt-1 text-[14px] text-soft break-words">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton icon={X} label={closeLabel} size="small" />
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
