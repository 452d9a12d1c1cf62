export { PresenceDot } from './presence-dot'
export { TypingLine } from './typing-line'
