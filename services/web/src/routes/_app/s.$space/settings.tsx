import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/_app/s/$space/settings')({ component: () => null })
