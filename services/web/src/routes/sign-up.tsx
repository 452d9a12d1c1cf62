import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { SignUpForm } from '@/features/sign-in'
import { safeNext } from '@/session/guard'

export const Route = createFileRoute('/sign-up')({
  validateSearch: (search): { next?: string } => ({ next: safeNext(search.next) }),
  component: Page,
})

function Page() {
  const { next } = Route.useSearch()
  const navigate = useNavigate()
  return <SignUpForm next={next} onEntered={() => navigate({ href: next ?? '/', replace: true })} />
}
