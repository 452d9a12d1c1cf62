import type { Choice } from './use-autocomplete'

/** The names that people type most; the picker has all. */
const NAMES: Record<string, string> = {
  thumbsup: '👍', thumbsdown: '👎', heart: '❤️', joy: '😂', smile: '😄', grin: '😁', wink: '😉', sob: '😭', thinking: '🤔',
  tada: '🎉', fire: '🔥', eyes: '👀', pray: '🙏', clap: '👏', wave: '👋', rocket: '🚀', star: '⭐', check: '✅', cross: '❌',
  warning: '⚠️', bug: '🐛', coffee: '☕', beer: '🍺', cake: '🍰', cat: '🐱', dog: '🐶', sun: '☀️', moon: '🌙', snow: '❄️',
  rainbow: '🌈', hundred: '💯', muscle: '💪', ok: '👌', party: '🥳', sleep: '😴', shrug: '🤷', facepalm: '🤦', angry: '😠',
  cry: '😢', cool: '😎', love: '😍', kiss: '😘', skull: '💀', ghost: '👻', robot: '🤖', mic: '🎤', headphones: '🎧',
  music: '🎵', book: '📖', pencil: '✏️', lock: '🔒', key: '🔑', idea: '💡', gift: '🎁', trophy: '🏆', castle: '🏰',
}

export function emojiByName(word: string): Choice[] {
  return Object.entries(NAMES)
    .filter(([name]) => name.includes(word))
    .toSorted(([a], [b]) => Number(b.startsWith(word)) - Number(a.startsWith(word)))
    .map(([name, emoji]) => ({ key: name, label: `${emoji} ${name}`, hint: '', insert: emoji }))
}
