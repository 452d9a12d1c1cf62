import { Link, useParams } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useShallow } from 'zustand/react/shallow'
import { NewSpaceDialog } from '@/features/spaces'
import { cx } from '@/lib/cx'
import { useLive } from '@/replica/live'
import { Avatar } from '@/ui/avatar'
import { UserMenu } from './user-menu'

/** The spaces one is in, with a dot for what is unread and a number for mentions. */
export function SpaceRail({ className }: { className: string }) {
  const t = useTranslations('shell')
  const spaces = useLive(useShallow((state) => Object.values(state.directory.spaces)))
  const [adding, setAdding] = useState(false)
  return (
    <nav aria-label={t('spaces')} className={cx('w-16 shrink-0 flex-col items-center gap-2 border-r border-line bg-panel py-3', className)}>
      <ul className="flex min-h-0 w-full flex-1 flex-col items-center gap-2 overflow-y-auto">
        {spaces.map((space) => (
          <SpaceLink key={space.id} id={space.id} name={space.name} />
        ))}
        <li>
          <button
            type="button"
            aria-label={t('add_space')}
            title={t('add_space')}
            onClick={() => setAdding(true)}
            className="flex size-11 items-center justify-center rounded-xl border border-dashed border-line-strong/60 text-soft hover:border-accent hover:text-accent"
          >
            <Plus size={18} aria-hidden />
          </button>
        </li>
      </ul>
      <UserMenu />
      <NewSpaceDialog open={adding} onOpenChange={setAdding} />
    </nav>
  )
}

function SpaceLink({ id, name }: { id: string; name: string }) {
  const t = useTranslations('shell')
  const { space } = useParams({ strict: false })
  const { unread, mentions } = useLive(
    useShallow(({ directory }) => {
      const inside = Object.values(directory.unread).filter((one) => one.space_id === id)
      return {
        unread: inside.some((one) => one.unread > 0),
        mentions: inside.reduce((sum, one) => sum + one.mentions, 0),
      }
    }),
  )
  const open = space === id
  return (
    <li className="relative flex w-full justify-center">
      {(open || unread) && (
        <span aria-hidden className={cx('absolute top-1/2 left-0 w-1 -translate-y-1/2 rounded-r-full', open ? 'h-8 bg-accent' : 'h-2 bg-ink')} />
      )}
      <Link
        to="/s/$space"
        params={{ space: id }}
        title={name}
        aria-label={mentions > 0 ? t('space_with_mentions', { name, count: mentions }) : name}
        aria-current={open ? 'page' : undefined}
        className="relative rounded-xl"
      >
        <Avatar name={name} size={44} square />
        {mentions > 0 && (
          <span aria-hidden className="absolute -right-1.5 -bottom-1.5 min-w-5 rounded-full border-2 border-panel bg-danger px-1 text-center text-[11px] leading-4 font-semibold text-page">
            {mentions > 99 ? '99+' : mentions}
          </span>
        )}
      </Link>
    </li>
  )
}
