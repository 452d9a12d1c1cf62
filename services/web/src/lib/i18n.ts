import type en from '../../messages/en.json'

export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

declare module 'use-intl' {
  interface AppConfig {
    Locale: Language
    Messages: typeof en
  }
}

/** The catalogue of a language; fetched when it is wanted. */
export async function loadMessages(language: Language): Promise<typeof en> {
  if (language === 'de') return (await import('../../messages/de.json')).default as typeof en
  return (await import('../../messages/en.json')).default
}
