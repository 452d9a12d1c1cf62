export { Failure } from './failure'
export { LanguageProvider } from './language-provider'
export { NotFound } from './not-found'
