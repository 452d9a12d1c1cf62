import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { PanelHeader } from '@/features/shell'

const PAGES = ['profile', 'appearance', 'security', 'sessions', 'data'] as const

export function SettingsFrame() {
  const t = useTranslations('account')
  const page = useRouterState({ select: (state) => state.location.pathname.split('/')[2] ?? '' })
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <PanelHeader title={t('title')} />
      <div className="flex min-h-0 flex-1 flex-col md:flex-row">
        <nav aria-label={t('title')} className="flex shrink-0 gap-1 overflow-x-auto border-b border-line p-2 md:w-52 md:flex-col md:border-r md:border-b-0">
          {PAGES.map((one) => (
            <Link
              key={one}
              to={`/settings/${one}`}
              aria-current={page === one ? 'page' : undefined}
              className="flex min-h-9 shrink-0 items-center rounded-lg px-3 text-[14px] text-soft hover:bg-hover hover:text-ink aria-[current]:bg-pressed aria-[current]:font-semibold aria-[current]:text-ink touch:min-h-11"
            >
              {t(one)}
            </Link>
          ))}
        </nav>
        <div className="min-h-0 flex-1 overflow-y-auto">
          <div className="mx-auto flex max-w-[640px] flex-col gap-6 p-5">
            <Outlet />
          </div>
        </div>
      </div>
    </main>
  )
}
