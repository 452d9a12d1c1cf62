import { useTranslations } from 'use-intl'
import { Dialog } from '@/ui/dialog'

const KEYS = [
  ['Ctrl K', 'palette'],
  ['?', 'shortcuts'],
  ['Enter', 'send'],
  ['Shift Enter', 'line'],
  ['↑', 'edit_last'],
  ['Esc', 'to_end'],
  ['↑ ↓', 'rows'],
  ['R', 'reply'],
  ['E', 'edit'],
  ['+', 'react'],
  ['T', 'thread'],
  ['P', 'pin'],
  ['Del', 'delete'],
] as const

export function ShortcutsDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const t = useTranslations('shortcuts')
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('title')} closeLabel={t('close')}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        {KEYS.map(([keys, what]) => (
          <div key={what} className="contents">
            <dt className="flex gap-1">
              {keys.split(' ').map((key) => (
                <kbd key={key} className="min-w-6 rounded-md border border-line bg-panel px-1.5 text-center font-sans text-[13px]">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd className="text-[14px]">{t(what)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
