import { createFileRoute } from '@tanstack/react-router'
import { BanSettings } from '@/features/space-settings'

export const Route = createFileRoute('/_app/s/$space/settings/bans')({ component: Page })

function Page() {
  return <BanSettings space={Route.useParams().space} />
}
