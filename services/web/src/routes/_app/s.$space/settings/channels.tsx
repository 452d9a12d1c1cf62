import { createFileRoute } from '@tanstack/react-router'
import { ChannelSettings } from '@/features/space-settings'

export const Route = createFileRoute('/_app/s/$space/settings/channels')({ component: Page })

function Page() {
  return <ChannelSettings space={Route.useParams().space} />
}
