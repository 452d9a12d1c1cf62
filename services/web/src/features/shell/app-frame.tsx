import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { useNotices } from '@/features/notices'
import { CommandPalette } from '@/features/palette'
import { ProblemNotice } from '@/features/problems'
import { StepUpDialog } from '@/features/step-up'
import { cx } from '@/lib/cx'
import { loadInstance } from '@/replica/instance'
import { follow, loadDirectory, useLive } from '@/replica/live'
import { useSession } from '@/session/session'
import { Spinner } from '@/ui/spinner'
import { Toasts } from '@/ui/toast'
import { ConnectionBar } from './connection-bar'
import { SpaceRail } from './space-rail'
import { useAppBadge } from './use-app-badge'

/** Everything behind the door: the rail, what is followed live, and what may open over any screen. */
export function AppFrame() {
  const t = useTranslations('shell')
  const navigate = useNavigate()
  const user = useSession((state) => state.user?.id)
  const loaded = useLive((state) => state.loaded)
  const problem = useLive((state) => state.problem)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const atList = /^\/(s\/[^/]+\/?)?$/.test(path)
  useAppBadge()
  useNotices()

  useEffect(() => {
    void loadInstance()
    if (user) return follow(user)
    void navigate({ to: '/sign-in', search: { next: location.pathname + location.search }, replace: true })
  }, [user, navigate])

  return (
    <div className="flex h-dvh flex-col overflow-hidden">
      <ConnectionBar />
      <div className="flex min-h-0 flex-1">
        <SpaceRail className={cx(atList ? 'flex' : 'hidden md:flex')} />
        {loaded ? (
          <Outlet />
        ) : (
          <main className="flex flex-1 items-center justify-center p-6">
            {problem ? <ProblemNotice error={problem} retry={loadDirectory} /> : <Spinner label={t('loading')} />}
          </main>
        )}
      </div>
      <CommandPalette />
      <StepUpDialog />
      <Toasts closeLabel={t('close')} />
    </div>
  )
}
