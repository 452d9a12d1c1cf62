import { Lexer, type Token } from 'marked'

const DEPTH_MAX = 12
const LENGTH_MAX = 20_000

const lexer = { gfm: true, breaks: true }
const held = new Map<string, Token[] | null>()
const HELD_MAX = 2_000

/** The Markdown of a message as tokens; null where it nests like nothing a person writes: it is shown as it is. */
export function tokensOf(content: string): Token[] | null {
  const known = held.get(content)
  if (known !== undefined) return known
  if (held.size >= HELD_MAX) held.clear()
  const tokens = lex(content)
  held.set(content, tokens)
  return tokens
}

function lex(content: string): Token[] | null {
  if (content.length > LENGTH_MAX || isHostile(content)) return null
  try {
    const tokens = new Lexer(lexer).lex(content)
    return depthOf(tokens) > DEPTH_MAX ? null : tokens
  } catch {
    return null
  }
}

/** Long runs of openers cost the lexer quadratic time, and mean nothing. */
function isHostile(content: string): boolean {
  return /(?:[[(<>*_~`!\\-]\s?){64}/.test(content) || (content.match(/[[*_~`<]/g)?.length ?? 0) > 1_500
}

export function depthOf(tokens: readonly Token[], limit = DEPTH_MAX + 1): number {
  if (limit === 0) return 1
  let deepest = 0
  for (const token of tokens) {
    for (const inner of childrenOf(token)) deepest = Math.max(deepest, depthOf(inner, limit - 1))
  }
  return deepest + 1
}

function childrenOf(token: Token): Token[][] {
  const inner: Token[][] = []
  if ('tokens' in token && token.tokens) inner.push(token.tokens)
  if (token.type === 'list') for (const item of token.items as { tokens: Token[] }[]) inner.push(item.tokens)
  return inner
}
