import { useTranslations } from 'use-intl'
import type { Problem } from '@/api/problems'

/** What to say, and do, about a refusal: in the reader's language where we know the code, else the server's words. */
export function useProblemText(): (problem: Problem) => string {
  const t = useTranslations('problem')
  return (problem) => {
    const key = problem.code as Parameters<typeof t>[0]
    if (t.has(key)) return t(key)
    if (problem.status === 0) return t('offline')
    if (problem.status === 429) return t('too_many_requests')
    if (problem.status === 413) return t('body_too_large')
    if (problem.status >= 500) return t('unavailable')
    if (problem.status === -1) return t('unexpected')
    return [problem.title, problem.detail].filter(Boolean).join(': ')
  }
}
