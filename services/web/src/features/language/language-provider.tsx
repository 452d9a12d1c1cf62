import { type ReactNode, useEffect, useState } from 'react'
import { IntlProvider } from 'use-intl'
import { type Language, loadMessages } from '@/lib/i18n'
import { usePreferences } from '@/lib/preferences'

type Messages = Awaited<ReturnType<typeof loadMessages>>

/** Dates and numbers as in the reader's own region, where that speaks the chosen language. */
function regional(language: Language): Language {
  const tag = navigator.languages.find((one) => one.slice(0, 2) === language)
  return (tag ?? language) as Language
}

/** Texts in the chosen language; nothing is shown until they are there, so no text changes under the eye. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const language = usePreferences((state) => state.language)
  const [loaded, setLoaded] = useState<{ language: typeof language; messages: Messages } | null>(null)
  useEffect(() => {
    let wanted = true
    void loadMessages(language).then((messages) => wanted && setLoaded({ language, messages }))
    return () => {
      wanted = false
    }
  }, [language])
  if (!loaded) return null
  return (
    <IntlProvider locale={regional(loaded.language)} messages={loaded.messages} timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone}>
      {children}
    </IntlProvider>
  )
}
