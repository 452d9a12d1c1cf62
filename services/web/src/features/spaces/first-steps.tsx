import { useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useSession } from '@/session/session'
import { NewSpaceForm } from './new-space-form'

/** The first minute: nothing is here yet, so there are two things to do. */
export function FirstSteps() {
  const t = useTranslations('spaces')
  const navigate = useNavigate()
  const name = useSession((state) => state.user?.display_name ?? '')
  return (
    <main className="flex flex-1 flex-col items-center overflow-y-auto px-5 py-8">
      <div className="my-auto flex w-full max-w-[400px] flex-col gap-6">
        <div>
          <h1 className="text-[24px] leading-8 font-semibold tracking-tight [overflow-wrap:anywhere]">{t('welcome', { name })}</h1>
          <p className="mt-1 text-soft">{t('welcome_text')}</p>
        </div>
        <NewSpaceForm onDone={(space) => void navigate({ to: '/s/$space', params: { space } })} />
      </div>
    </main>
  )
}
