import type { Token, Tokens } from 'marked'
import { Fragment, type ReactNode } from 'react'
import { Code } from './code'
import { TextWithMentions } from './mention'
import { tokensOf } from './tokens'

interface Props {
  content: string
  space: string
}

/** A message's Markdown as React elements: no HTML is ever made of it. */
export function Markdown({ content, space }: Props) {
  const tokens = tokensOf(content)
  if (!tokens) return <p className="whitespace-pre-wrap">{content}</p>
  return <>{renderAll(tokens, space)}</>
}

const LINK_PROTOCOLS = new Set(['http:', 'https:', 'mailto:'])

function safeUrl(href: string): string | null {
  try {
    return LINK_PROTOCOLS.has(new URL(href).protocol) ? href : null
  } catch {
    return null
  }
}

function renderAll(tokens: Token[] | undefined, space: string): ReactNode[] {
  return (tokens ?? []).map((token, at) => <Fragment key={at}>{render(token, space)}</Fragment>)
}

function render(token: Token, space: string): ReactNode {
  const inner = () => renderAll('tokens' in token ? token.tokens : undefined, space)
  switch (token.type) {
    case 'space':
    case 'def':
      return null
    case 'paragraph':
      return <p className="[&:not(:last-child)]:mb-2">{inner()}</p>
    case 'heading':
      return <p className="mt-1 mb-1 text-[16px] font-semibold">{inner()}</p>
    case 'strong':
      return <strong className="font-semibold">{inner()}</strong>
    case 'em':
      return <em>{inner()}</em>
    case 'del':
      return <del>{inner()}</del>
    case 'br':
      return <br />
    case 'hr':
      return <hr className="my-2 border-line" />
    case 'codespan':
      return <code className="rounded bg-pressed px-1 py-px font-mono text-[13px]">{(token as Tokens.Codespan).text}</code>
    case 'code':
      return <Code text={(token as Tokens.Code).text} language={(token as Tokens.Code).lang ?? ''} />
    case 'blockquote':
      return <blockquote className="my-1 border-l-2 border-line-strong/50 pl-3 text-soft">{inner()}</blockquote>
    case 'list':
      return renderList(token as Tokens.List, space)
    case 'table':
      return renderTable(token as Tokens.Table, space)
    case 'link':
      return renderLink(token as Tokens.Link, inner())
    case 'image':
      return renderLink(token as Tokens.Image, (token as Tokens.Image).text || (token as Tokens.Image).href)
    case 'escape':
      return (token as Tokens.Escape).text
    case 'text':
      return 'tokens' in token && token.tokens ? inner() : <TextWithMentions text={decode((token as Tokens.Text).raw)} space={space} />
    default:
      return <TextWithMentions text={token.raw} space={space} />
  }
}

/** The lexer keeps entities; nothing but these five needs one. */
function decode(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

function renderLink(token: Tokens.Link | Tokens.Image, text: ReactNode): ReactNode {
  const href = safeUrl(token.href)
  if (!href) return token.raw
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer noopener nofollow"
      className="text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent"
    >
      {text}
    </a>
  )
}

function renderList(token: Tokens.List, space: string): ReactNode {
  const items = token.items.map((item, at) => (
    <li key={at} className={item.task ? 'list-none' : undefined}>
      {item.task && <input type="checkbox" checked={item.checked ?? false} readOnly disabled className="mr-2" />}
      {renderAll(item.tokens.filter((one) => one.type !== 'checkbox'), space)}
    </li>
  ))
  if (!token.ordered) return <ul className="my-1 list-disc pl-6">{items}</ul>
  return (
    <ol start={Number(token.start) || 1} className="my-1 list-decimal pl-6">
      {items}
    </ol>
  )
}

function renderTable(token: Tokens.Table, space: string): ReactNode {
  return (
    <div className="my-1 max-w-full overflow-x-auto">
      <table className="border-collapse text-[14px]">
        <thead>
          <tr>
            {token.header.map((cell, at) => (
              <th key={at} className="border border-line px-2 py-1 text-left font-semibold">
                {renderAll(cell.tokens, space)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, line) => (
            <tr key={line}>
              {row.map((cell, at) => (
                <td key={at} className="border border-line px-2 py-1">
                  {renderAll(cell.tokens, space)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
