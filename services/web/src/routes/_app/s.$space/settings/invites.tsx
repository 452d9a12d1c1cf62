import { createFileRoute } from '@tanstack/react-router'
import { InviteSettings } from '@/features/space-settings'

export const Route = createFileRoute('/_app/s/$space/settings/invites')({ component: Page })

function Page() {
  return <InviteSettings space={Route.useParams().space} />
}
