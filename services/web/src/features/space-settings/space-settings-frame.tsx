import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { PanelHeader } from '@/features/shell'
import { useLive } from '@/replica/live'

const PAGES = ['overview', 'channels', 'invites', 'bans', 'audit'] as const
const NEEDS = { overview: null, channels: 'manage_channels', invites: 'invite', bans: 'remove_members', audit: 'manage_space' } as const

export function SpaceSettingsFrame({ space }: { space: string }) {
  const t = useTranslations('space_settings')
  const known = useLive((state) => state.directory.spaces[space])
  const page = useRouterState({ select: (state) => state.location.pathname.split('/')[4] ?? '' })
  const pages = PAGES.filter((one) => NEEDS[one] === null || known?.permissions.includes(NEEDS[one]))
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <PanelHeader title={t('title')} detail={known?.name} space={space} />
      <nav aria-label={t('title')} className="flex shrink-0 gap-1 overflow-x-auto border-b border-line p-2">
        {pages.map((one) => (
          <Link
            key={one}
            to={`/s/$space/settings/${one}`}
            params={{ space }}
            aria-current={page === one ? 'page' : undefined}
            className="flex min-h-9 shrink-0 items-center rounded-lg px-3 text-[14px] text-soft hover:bg-hover hover:text-ink aria-[current]:bg-pressed aria-[current]:font-semibold aria-[current]:text-ink touch:min-h-11"
          >
            {t(one)}
          </Link>
        ))}
      </nav>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[720px] flex-col gap-6 p-5">
          <Outlet />
        </div>
      </div>
    </main>
  )
}
