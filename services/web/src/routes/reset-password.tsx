import { createFileRoute } from '@tanstack/react-router'
import { useState } from 'react'
import { ResetPassword } from '@/features/sign-in'
import { takeLinkToken } from '@/session/link-token'

export const Route = createFileRoute('/reset-password')({ component: Page })

function Page() {
  const [token] = useState(takeLinkToken)
  return <ResetPassword token={token} />
}
