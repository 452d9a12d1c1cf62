import { useNavigate } from '@tanstack/react-router'
import { LogOut, Search, Settings, Shield } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { usePalette } from '@/features/palette'
import { signOut, useSession } from '@/session/session'
import { Avatar } from '@/ui/avatar'
import { Menu, MenuItem, MenuLine } from '@/ui/menu'

export function UserMenu() {
  const t = useTranslations('shell')
  const navigate = useNavigate()
  const user = useSession((state) => state.user)
  if (!user) return null
  const trigger = (
    <button type="button" aria-label={t('account', { name: user.display_name })} className="rounded-full">
      <Avatar name={user.display_name} url={user.avatar_url} size={36} />
    </button>
  )
  return (
    <Menu trigger={trigger} align="start" side="top">
      <MenuItem icon={Settings} onSelect={() => navigate({ to: '/settings/profile' })}>
        {t('settings')}
      </MenuItem>
      <MenuItem icon={Search} onSelect={() => usePalette.setState({ open: true })}>
        {t('palette')}
      </MenuItem>
      {user.is_admin && (
        <MenuItem icon={Shield} onSelect={() => navigate({ to: '/admin' })}>
          {t('admin')}
        </MenuItem>
      )}
      <MenuLine />
      <MenuItem icon={LogOut} onSelect={() => void signOut().catch(() => {})}>
        {t('sign_out')}
      </MenuItem>
    </Menu>
  )
}
