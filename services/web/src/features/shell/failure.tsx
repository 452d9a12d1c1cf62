import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { asProblem } from '@/api/problems'
import { useProblemText } from '@/features/problems'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'

/** A page that could not be shown: why, and a way to try again. */
export function Failure({ error, reset }: ErrorComponentProps) {
  const t = useTranslations('shell')
  const textOf = useProblemText()
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <main className="flex h-full items-center justify-center" role="alert">
      <EmptyState title={t('failed')} text={textOf(asProblem(error))}>
        <Button look="primary" onClick={retry}>
          {t('retry')}
        </Button>
      </EmptyState>
    </main>
  )
}
