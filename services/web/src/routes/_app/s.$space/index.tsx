import { createFileRoute, Navigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useShallow } from 'zustand/react/shallow'
import { rememberedChannel } from '@/features/channels'
import { useWide } from '@/lib/use-wide'
import { useLive } from '@/replica/live'
import { EmptyState } from '@/ui/empty-state'

export const Route = createFileRoute('/_app/s/$space/')({ component: Page })

/** On a wide screen a space opens at a channel; on a phone at the list of them. */
function Page() {
  const t = useTranslations('channels')
  const { space } = Route.useParams()
  const wide = useWide()
  const channels = useLive(useShallow(({ directory }) => Object.values(directory.channels).filter((one) => one.space_id === space && !one.parent_id)))
  const channel = rememberedChannel(space, channels)
  if (!wide) return null
  if (channel) return <Navigate to="/s/$space/c/$channel" params={{ space, channel }} replace />
  return (
    <main className="flex flex-1 items-center justify-center">
      <EmptyState title={t('none')} text={t('none_text')} />
    </main>
  )
}
