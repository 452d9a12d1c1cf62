import { createFileRoute } from '@tanstack/react-router'
import { SpaceSettingsFrame } from '@/features/space-settings'

export const Route = createFileRoute('/_app/s/$space/settings')({ component: Page })

function Page() {
  return <SpaceSettingsFrame space={Route.useParams().space} />
}
