import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { SearchScreen } from '@/features/search'

export const Route = createFileRoute('/_app/s/$space/search')({
  validateSearch: (search): { q: string } => ({ q: typeof search.q === 'string' ? search.q : '' }),
  component: Page,
})

function Page() {
  const { space } = Route.useParams()
  const { q } = Route.useSearch()
  const navigate = useNavigate({ from: Route.fullPath })
  return <SearchScreen key={`${space} ${q}`} space={space} q={q} onSearch={(next) => navigate({ search: { q: next } })} />
}
