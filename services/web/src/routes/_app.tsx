import { createFileRoute, Outlet } from '@tanstack/react-router'
import { requireSession } from '@/session/guard'

export const Route = createFileRoute('/_app')({ beforeLoad: requireSession, component: Outlet })
