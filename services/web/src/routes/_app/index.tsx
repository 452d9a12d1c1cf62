import { createFileRoute } from '@tanstack/react-router'
import { EmptyState } from '@/ui/empty-state'
import { useSession } from '@/session/session'

export const Route = createFileRoute('/_app/')({ component: Page })

function Page() {
  const name = useSession((state) => state.user?.display_name ?? '')
  return <EmptyState title={name} />
}
