import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { EmptyState } from '@/ui/empty-state'

export function NotFound() {
  const t = useTranslations('shell')
  return (
    <main className="flex h-full items-center justify-center">
      <EmptyState title={t('not_found')} text={t('not_found_text')}>
        <Link to="/" className="font-semibold text-accent hover:underline">
          {t('home')}
        </Link>
      </EmptyState>
    </main>
  )
}
