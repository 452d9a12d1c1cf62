import { useTranslations } from 'use-intl'
import { asProblem } from '@/api/problems'
import { Button } from '@/ui/button'
import { Notice } from '@/ui/notice'
import { useProblemText } from './problem-text'

interface Props {
  error: unknown
  retry?: () => void
}

/** A failure with what to do about it; nothing while there is none. */
export function ProblemNotice({ error, retry }: Props) {
  const t = useTranslations('common')
  const textOf = useProblemText()
  if (!error) return null
  const action = retry && (
    <Button size="small" look="quiet" onClick={retry}>
      {t('retry')}
    </Button>
  )
  return (
    <Notice look="danger" action={action}>
      {textOf(asProblem(error))}
    </Notice>
  )
}
