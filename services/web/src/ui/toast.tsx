import { X } from 'lucide-react'
import { create } from 'zustand'
import { cx } from '@/lib/cx'

interface Toast {
  id: number
  text: string
  look: 'plain' | 'danger'
  action?: { label: string; run: () => void }
}

const SHOWN_MS = 5_000
const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }))
let last = 0

function hide(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((one) => one.id !== id) }))
}

/** Say something in passing; failures stay until they are closed. */
export function toast(text: string, { look = 'plain', action }: Partial<Pick<Toast, 'look' | 'action'>> = {}): void {
  const id = ++last
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { id, text, look, action }] }))
  if (look !== 'danger') setTimeout(() => hide(id), SHOWN_MS)
}

export function Toasts({ closeLabel }: { closeLabel: string }) {
  const toasts = useToasts((state) => state.toasts)
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-20 z-[60] flex flex-col items-center gap-2 px-4">
      {toasts.map((one) => (
        <div
          key={one.id}
          className={cx(
            'pointer-events-auto flex max-w-[480px] items-center gap-3 rounded-xl border border-line bg-raised py-2 pr-2 pl-4 text-[14px] shadow-float animate-appear',
            one.look === 'danger' && 'text-danger',
          )}
        >
          <span className="min-w-0 break-words">{one.text}</span>
          {one.action && (
            <button type="button" className="font-semibold text-accent" onClick={() => (one.action?.run(), hide(one.id))}>
              {one.action.label}
            </button>
          )}
          <button type="button" aria-label={closeLabel} onClick={() => hide(one.id)} className="rounded p-1 text-soft hover:text-ink">
            <X size={14} aria-hidden />
          </button>
        </div>
      ))}
    </div>
  )
}
