import { createFileRoute } from '@tanstack/react-router'
import { AppFrame } from '@/features/shell'
import { requireSession } from '@/session/guard'

export const Route = createFileRoute('/_app')({ beforeLoad: requireSession, component: AppFrame })
