import { useTranslations } from 'use-intl'
import { LANGUAGES } from '@/lib/i18n'
import { choose, type Theme, usePreferences } from '@/lib/preferences'
import { Button } from '@/ui/button'
import { Section } from '@/ui/section'
import { NoticeSettings } from './notice-settings'

const THEMES: Theme[] = ['system', 'light', 'dark']
const NAMES = { en: 'English', de: 'Deutsch' } as const

export function AppearanceSettings() {
  const t = useTranslations('account')
  const { theme, language } = usePreferences()
  return (
    <>
      <Section title={t('theme')}>
        <div role="group" aria-label={t('theme')} className="flex flex-wrap gap-2">
          {THEMES.map((one) => (
            <Button key={one} aria-pressed={theme === one} look={theme === one ? 'primary' : 'plain'} onClick={() => choose({ theme: one })}>
              {t(one)}
            </Button>
          ))}
        </div>
      </Section>
      <Section title={t('language')}>
        <div role="group" aria-label={t('language')} className="flex flex-wrap gap-2">
          {LANGUAGES.map((one) => (
            <Button key={one} lang={one} aria-pressed={language === one} look={language === one ? 'primary' : 'plain'} onClick={() => choose({ language: one })}>
              {NAMES[one]}
            </Button>
          ))}
        </div>
      </Section>
      <NoticeSettings />
    </>
  )
}
