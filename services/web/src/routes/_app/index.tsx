import { createFileRoute, Navigate } from '@tanstack/react-router'
import { FirstSteps } from '@/features/spaces'
import { storage } from '@/lib/storage'
import { useLive } from '@/replica/live'

export const Route = createFileRoute('/_app/')({ component: Page })

function Page() {
  const spaces = useLive((state) => state.directory.spaces)
  const last = storage.read<string>('last')
  const space = last && spaces[last] ? last : Object.keys(spaces)[0]
  return space ? <Navigate to="/s/$space" params={{ space }} replace /> : <FirstSteps />
}
