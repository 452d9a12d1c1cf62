import { useEffect, useRef } from 'react'
import { cx } from '@/lib/cx'
import { Avatar } from '@/ui/avatar'
import type { Choice } from './use-autocomplete'

interface Props {
  id: string
  choices: readonly Choice[]
  active: number
  onChoose: (choice: Choice) => void
}

/** Over the composer, so that nothing moves; the focus stays in the text. */
export function Autocomplete({ id, choices, active, onChoose }: Props) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label="@"
      className="absolute inset-x-0 bottom-full z-30 mb-2 max-h-72 overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-float"
    >
      {choices.map((choice, at) => (
        <div
          key={choice.key}
          id={`${id}-${at}`}
          role="option"
          tabIndex={-1}
          aria-selected={at === active}
          onPointerDown={(event) => {
            event.preventDefault()
            onChoose(choice)
          }}
          className={cx('flex min-h-9 cursor-pointer items-center gap-2 rounded-lg px-2 touch:min-h-11', at === active && 'bg-hover')}
        >
          {choice.avatar && <Avatar name={choice.avatar.name} url={choice.avatar.url} size={24} />}
          <bdi className="min-w-0 truncate">{choice.label}</bdi>
          <span className="ml-auto max-w-[40%] shrink-0 truncate text-[13px] text-soft">{choice.hint}</span>
        </div>
      ))}
    </div>
  )
}
