import { createFileRoute } from '@tanstack/react-router'
import { OverviewSettings } from '@/features/space-settings'

export const Route = createFileRoute('/_app/s/$space/settings/overview')({ component: Page })

function Page() {
  return <OverviewSettings space={Route.useParams().space} />
}
