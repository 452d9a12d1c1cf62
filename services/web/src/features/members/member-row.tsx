import { useQueryClient } from '@tanstack/react-query'
import { Ban, MoreHorizontal, ShieldCheck, UserMinus } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { asProblem } from '@/api/problems'
import type { Member, Role } from '@/api/types'
import { PresenceDot } from '@/features/presence'
import { useProblemText } from '@/features/problems'
import { useLive } from '@/replica/live'
import { useSession } from '@/session/session'
import { Avatar } from '@/ui/avatar'
import { IconButton } from '@/ui/icon-button'
import { Menu, MenuItem, MenuLine } from '@/ui/menu'
import { toast } from '@/ui/toast'

const RANK: Record<Role, number> = { owner: 3, admin: 2, moderator: 1, member: 0 }
const GRANTED: Role[] = ['admin', 'moderator', 'member']

export function MemberRow({ member, space }: { member: Member; space: string }) {
  const t = useTranslations('members')
  const format = useFormatter()
  const textOf = useProblemText()
  const queries = useQueryClient()
  const me = useSession((state) => state.user?.id)
  const known = useLive((state) => state.directory.spaces[space])
  const { user, role } = member
  const above = known ? RANK[known.role] > RANK[role] && user.id !== me : false
  const mayRole = above && known?.permissions.includes('manage_members')
  const mayRemove = above && known?.permissions.includes('remove_members')
  const path = { space_id: space, member_id: user.id }

  async function attempt(work: Promise<unknown>, done: string) {
    try {
      await work
      toast(done)
      await queries.invalidateQueries({ queryKey: ['members', space] })
    } catch (error) {
      toast(textOf(asProblem(error)), { look: 'danger' })
    }
  }
  const url = '/api/v1/spaces/{space_id}/members/{member_id}'
  const name = user.display_name

  return (
    <li className="flex min-h-14 items-center gap-3 border-b border-line py-2 last:border-0">
      <span className="relative">
        <Avatar name={name} url={user.avatar_url} />
        <PresenceDot user={user.id} className="absolute -right-0.5 -bottom-0.5" />
      </span>
      <div className="min-w-0 flex-1">
        <bdi className="block truncate text-left font-semibold">{name}</bdi>
        <span className="block truncate text-[13px] text-soft">
          {t('since', { time: format.dateTime(new Date(member.joined_at), { dateStyle: 'medium' }) })}
        </span>
      </div>
      {role !== 'member' && <span className="shrink-0 rounded-full bg-accent-soft px-2 text-[12px] leading-6 font-semibold text-accent">{t(role)}</span>}
      {(mayRole || mayRemove) && (
        <Menu trigger={<IconButton icon={MoreHorizontal} label={t('actions', { name })} />}>
          {mayRole &&
            GRANTED.filter((one) => one !== role && known && RANK[one] < RANK[known.role]).map((one) => (
              <MenuItem key={one} icon={ShieldCheck} onSelect={() => attempt(answer(api.PATCH(url, { params: { path }, body: { role: one } })), t('role_changed'))}>
                {t('make', { role: t(one) })}
              </MenuItem>
            ))}
          {mayRemove && (
            <>
              <MenuLine />
              <MenuItem icon={UserMinus} danger onSelect={() => attempt(answer(api.DELETE(url, { params: { path } })), t('removed', { name }))}>
                {t('remove')}
              </MenuItem>
              <MenuItem icon={Ban} danger onSelect={() => attempt(answer(api.PUT('/api/v1/spaces/{space_id}/bans/{member_id}', { params: { path }, body: { reason: '' } })), t('banned', { name }))}>
                {t('ban')}
              </MenuItem>
            </>
          )}
        </Menu>
      )}
    </li>
  )
}
