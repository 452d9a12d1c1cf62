import { type ReactNode, useEffect } from 'react'
import { lookUp, usePeople } from '@/replica/people'
import { useSession } from '@/session/session'
import { cx } from '@/lib/cx'

const MENTION = /<@([0-9a-f-]{36})>|<@&([a-z]+)>|(?<![\w`])@channel\b/g

/** Text with `<@user>`, `<@&role>` and `@channel` shown as names. */
export function TextWithMentions({ text, space }: { text: string; space: string }) {
  const parts: ReactNode[] = []
  let end = 0
  for (const match of text.matchAll(MENTION)) {
    parts.push(text.slice(end, match.index))
    const [all, user, role] = match
    parts.push(user ? <UserMention key={match.index} user={user} space={space} /> : <Mention key={match.index} text={role ? `@${role}` : all} mine />)
    end = match.index + all.length
  }
  parts.push(text.slice(end))
  return <>{parts}</>
}

function UserMention({ user, space }: { user: string; space: string }) {
  const name = usePeople((people) => people[user]?.display_name)
  const me = useSession((state) => state.user?.id)
  useEffect(() => {
    if (!name) void lookUp(space, user)
  }, [name, space, user])
  return <Mention text={`@${name ?? '…'}`} mine={user === me} />
}

function Mention({ text, mine }: { text: string; mine: boolean }) {
  return (
    <span className={cx('rounded px-1 font-semibold', mine ? 'bg-warn-soft text-warn' : 'bg-accent-soft text-accent')}>{text}</span>
  )
}
