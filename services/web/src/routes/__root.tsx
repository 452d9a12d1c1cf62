import { createRootRoute, Outlet } from '@tanstack/react-router'
import { NotFound } from '@/features/problems'

export const Route = createRootRoute({ component: Outlet, notFoundComponent: NotFound })
