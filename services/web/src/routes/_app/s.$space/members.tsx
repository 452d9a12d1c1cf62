import { createFileRoute } from '@tanstack/react-router'
import { MembersScreen } from '@/features/members'

export const Route = createFileRoute('/_app/s/$space/members')({ component: Page })

function Page() {
  return <MembersScreen space={Route.useParams().space} />
}
