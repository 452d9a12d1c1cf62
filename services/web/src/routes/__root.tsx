import { createRootRoute, Outlet } from '@tanstack/react-router'
import { NotFound } from '@/features/shell'

export const Route = createRootRoute({ component: Outlet, notFoundComponent: NotFound })
