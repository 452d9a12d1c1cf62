export { LanguageProvider } from './language-provider'
