import { Popover } from 'radix-ui'
import { lazy, type ReactNode, Suspense } from 'react'
import { useTranslations } from 'use-intl'
import { Spinner } from '@/ui/spinner'

const Picker = lazy(() => import('./picker'))

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  onPick: (emoji: string) => void
  children: ReactNode
}

const FREQUENT = ['👍', '❤️', '😂', '🎉', '👀', '🙏']

export function EmojiPopover({ open, onOpenChange, onPick, children }: Props) {
  const t = useTranslations('reactions')
  const pick = (emoji: string) => {
    onPick(emoji)
    onOpenChange(false)
  }
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={t('title')}
          className="z-50 flex w-[320px] flex-col rounded-xl border border-line bg-raised p-2 shadow-float animate-appear"
        >
          <div className="flex justify-between border-b border-line pb-2">
            {FREQUENT.map((emoji) => (
              <button key={emoji} type="button" onClick={() => pick(emoji)} className="size-9 rounded-lg text-[20px] hover:bg-hover touch:size-11">
                {emoji}
              </button>
            ))}
          </div>
          <Suspense fallback={<div className="flex h-64 items-center justify-center"><Spinner label={t('loading')} /></div>}>
            <Picker onPick={pick} />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
