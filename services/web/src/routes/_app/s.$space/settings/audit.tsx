import { createFileRoute } from '@tanstack/react-router'
import { AuditSettings } from '@/features/space-settings'

export const Route = createFileRoute('/_app/s/$space/settings/audit')({ component: Page })

function Page() {
  return <AuditSettings space={Route.useParams().space} />
}
