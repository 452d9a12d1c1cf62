import { createFileRoute } from '@tanstack/react-router'
import { useState } from 'react'
import { ConfirmEmail } from '@/features/sign-in'
import { takeLinkToken } from '@/session/link-token'

export const Route = createFileRoute('/confirm-email')({ component: Page })

function Page() {
  const [token] = useState(takeLinkToken)
  return <ConfirmEmail token={token} />
}
