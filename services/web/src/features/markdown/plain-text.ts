import type { Profile } from '@/api/types'

/** One line of a message, without its marks: for replies, titles and notices. */
export function plainText(content: string, people: Record<string, Profile>): string {
  return content
    .slice(0, 400)
    .replaceAll(/<@([0-9a-f-]{36})>/g, (_, id: string) => `@${people[id]?.display_name ?? '…'}`)
    .replaceAll(/<@&([a-z]+)>/g, '@$1')
    .replaceAll(/[*_~`#>]+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
