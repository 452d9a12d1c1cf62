import { createFileRoute } from '@tanstack/react-router'
import { RecordingsScreen } from '@/features/recordings'

export const Route = createFileRoute('/_app/s/$space/recordings')({ component: Page })

function Page() {
  return <RecordingsScreen space={Route.useParams().space} />
}
