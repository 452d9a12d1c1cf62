import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { SignInForm } from '@/features/sign-in'
import { safeNext } from '@/session/guard'

export const Route = createFileRoute('/sign-in')({
  validateSearch: (search): { next?: string } => ({ next: safeNext(search.next) }),
  component: Page,
})

function Page() {
  const { next } = Route.useSearch()
  const navigate = useNavigate()
  return <SignInForm next={next} onEntered={() => navigate({ href: next ?? '/', replace: true })} />
}
