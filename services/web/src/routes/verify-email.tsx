import { createFileRoute } from '@tanstack/react-router'
import { useState } from 'react'
import { VerifyEmail } from '@/features/sign-in'
import { takeLinkToken } from '@/session/link-token'

export const Route = createFileRoute('/verify-email')({ component: Page })

function Page() {
  const [token] = useState(takeLinkToken)
  return <VerifyEmail token={token} />
}
