import { createFileRoute, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ChannelList } from '@/features/channels'
import { NotFound } from '@/features/problems'
import { openSpace, useLive } from '@/replica/live'

export const Route = createFileRoute('/_app/s/$space')({ component: Page })

function Page() {
  const { space } = Route.useParams()
  const known = useLive((state) => Boolean(state.directory.spaces[space]))
  const channels = useLive((state) => Object.keys(state.directory.channels).length)
  const atList = useRouterState({ select: (state) => new RegExp(`^/s/${space}/?$`).test(state.location.pathname) })
  useEffect(() => {
    if (known) openSpace(space)
  }, [space, known, channels])
  if (!known) return <NotFound />
  return (
    <>
      <ChannelList space={space} className={atList ? 'flex flex-1 md:w-60 md:flex-none' : 'hidden w-60 shrink-0 md:flex'} />
      <Outlet />
    </>
  )
}
