import type { LucideIcon } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from '@/lib/cx'

interface Props {
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
  side?: 'top' | 'bottom' | 'right'
}

export function Menu({ trigger, children, align = 'end', side = 'bottom' }: Props) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-[280px] min-w-[200px] rounded-xl border border-line bg-raised p-1 shadow-float animate-appear"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

interface ItemProps {
  icon?: LucideIcon
  children: ReactNode
  onSelect: () => void
  danger?: boolean
  disabled?: boolean
}

export function MenuItem({ icon: Icon, children, onSelect, danger = false, disabled }: ItemProps) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      disabled={disabled}
      className={cx(
        'flex min-h-8 cursor-pointer items-center gap-2 rounded-lg px-2 text-[14px] outline-none select-none touch:min-h-11',
        'data-highlighted:bg-hover data-disabled:cursor-default data-disabled:opacity-50',
        danger && 'text-danger',
      )}
    >
      {Icon && <Icon size={16} aria-hidden className={danger ? undefined : 'text-soft'} />}
      <span className="min-w-0 flex-1 truncate">{children}</span>
    </DropdownMenu.Item>
  )
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />
}
