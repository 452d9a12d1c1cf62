import { createFileRoute, Navigate } from '@tanstack/react-router'

export const Route = createFileRoute('/_app/s/$space/settings/')({ component: Page })

function Page() {
  return <Navigate to="/s/$space/settings/overview" params={Route.useParams()} replace />
}
