import '@fontsource-variable/inter'
import './styles.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRouter, RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import * as z from 'zod/mini'
import { setAuthority } from '@/api/client'
import { LanguageProvider } from '@/features/language'
import { Failure } from '@/features/problems'
import { queries } from '@/lib/queries'
import { applyPreferences } from '@/lib/preferences'
import { registerServiceWorker } from '@/lib/service-worker'
import { freshToken, refresh } from '@/session/session'
import { askForProof } from '@/session/step-up'
import { routeTree } from './route-tree.gen'

z.config({ jitless: true }) // No `eval`: the page's policy forbids it.

setAuthority({ token: freshToken, renew: refresh, stepUp: askForProof })
applyPreferences()
registerServiceWorker()

const router = createRouter({ routeTree, defaultPreload: 'intent', defaultErrorComponent: Failure })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <LanguageProvider>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </LanguageProvider>
    </StrictMode>,
  )
}
