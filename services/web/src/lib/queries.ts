import { QueryClient } from '@tanstack/react-query'

/** For what is asked and answered; what events change lives in replicas instead. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 15_000, retry: 1, refetchOnWindowFocus: false },
    mutations: { retry: false },
  },
})
