import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { ChannelScreen } from '@/features/channels'

interface Search {
  /** A message to show. */
  m?: string
  /** The message whose thread is open. */
  t?: string
}
const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

export const Route = createFileRoute('/_app/s/$space/c/$channel')({
  validateSearch: (search): Search => ({ m: text(search.m), t: text(search.t) }),
  component: Page,
})

function Page() {
  const { space, channel } = Route.useParams()
  const { m, t } = Route.useSearch()
  const navigate = useNavigate({ from: Route.fullPath })
  return <ChannelScreen space={space} channel={channel} target={m} thread={t} onThread={(message) => navigate({ search: { t: message } })} />
}
