import { createFileRoute } from '@tanstack/react-router'
import { SessionSettings } from '@/features/account'

export const Route = createFileRoute('/_app/settings/sessions')({ component: SessionSettings })
