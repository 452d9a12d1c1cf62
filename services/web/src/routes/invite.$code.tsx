import { createFileRoute } from '@tanstack/react-router'
import { InvitePage } from '@/features/invites'

export const Route = createFileRoute('/invite/$code')({ component: Page })

function Page() {
  return <InvitePage code={Route.useParams().code} />
}
