import { create } from 'zustand'
import { LANGUAGES, type Language } from './i18n'
import { storage } from './storage'

export type Theme = 'system' | 'light' | 'dark'

interface Preferences {
  theme: Theme
  language: Language
}

function browserLanguage(): Language {
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => LANGUAGES.includes(tag as Language))
  return (known as Language | undefined) ?? 'en'
}

export const usePreferences = create<Preferences>(() => ({
  theme: storage.read<Theme>('theme') ?? 'system',
  language: storage.read<Language>('language') ?? browserLanguage(),
}))

export function choose(change: Partial<Preferences>): void {
  for (const [key, value] of Object.entries(change)) storage.write(key, value)
  usePreferences.setState(change)
}

const darkSystem = matchMedia('(prefers-color-scheme: dark)')

function paint(): void {
  const { theme, language } = usePreferences.getState()
  const dark = theme === 'dark' || (theme === 'system' && darkSystem.matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  document.documentElement.lang = language
}

/** Keep the document's theme and language as chosen. */
export function applyPreferences(): void {
  paint()
  usePreferences.subscribe(paint)
  darkSystem.addEventListener('change', paint)
}
