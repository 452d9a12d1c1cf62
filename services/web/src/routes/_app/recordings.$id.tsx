import { createFileRoute } from '@tanstack/react-router'
import { RecordingScreen } from '@/features/recordings'

export const Route = createFileRoute('/_app/recordings/$id')({ component: Page })

function Page() {
  return <RecordingScreen id={Route.useParams().id} />
}
