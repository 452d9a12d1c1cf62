import { useNavigate, useParams } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { Hash, type LucideIcon, Moon, Search, Settings, Sun, Users } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { choose } from '@/lib/preferences'
import { useLive } from '@/replica/live'
import { Avatar } from '@/ui/avatar'
import { useReturnFocus } from '@/ui/use-return-focus'
import { usePalette } from './use-palette'

/** Channels, spaces and actions by name; made only while it is open. */
export function PaletteDialog() {
  const t = useTranslations('palette')
  const focus = useReturnFocus()
  const navigate = useNavigate()
  const { space } = useParams({ strict: false })
  const directory = useLive((state) => state.directory)
  const channels = Object.values(directory.channels).filter((one) => !one.parent_id)
  const go = (work: () => unknown) => () => {
    usePalette.setState({ open: false })
    void work()
  }

  return (
    <Dialog.Root open onOpenChange={(now) => usePalette.setState({ open: now })}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Content
          {...focus}
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 w-[calc(100%-2rem)] max-w-[560px] -translate-x-1/2 overflow-hidden rounded-2xl border border-line bg-raised shadow-float animate-appear"
        >
          <Dialog.Title className="sr-only">{t('title')}</Dialog.Title>
          <Command label={t('title')} loop>
            <Command.Input placeholder={t('placeholder')} className="w-full border-b border-line bg-transparent px-4 py-3 text-[16px] outline-none" />
            <Command.List className="max-h-[50dvh] overflow-y-auto p-2">
              <Command.Empty className="px-3 py-6 text-center text-soft">{t('none')}</Command.Empty>
              <Group heading={t('channels')}>
                {channels.map((one) => (
                  <Item key={one.id} value={`${one.name} ${one.id}`} icon={Hash} onSelect={go(() => navigate({ to: '/s/$space/c/$channel', params: { space: one.space_id, channel: one.id } }))}>
                    <span className="min-w-0 truncate">{one.name}</span>
                    <span className="ml-auto max-w-[45%] truncate text-[13px] text-soft">{directory.spaces[one.space_id]?.name}</span>
                  </Item>
                ))}
              </Group>
              <Group heading={t('spaces')}>
                {Object.values(directory.spaces).map((one) => (
                  <Item key={one.id} value={`${one.name} ${one.id}`} onSelect={go(() => navigate({ to: '/s/$space', params: { space: one.id } }))}>
                    <Avatar name={one.name} size={20} square />
                    <span className="min-w-0 truncate">{one.name}</span>
                  </Item>
                ))}
              </Group>
              <Group heading={t('actions')}>
                {space && (
                  <>
                    <Item value={t('search')} icon={Search} onSelect={go(() => navigate({ to: '/s/$space/search', params: { space }, search: { q: '' } }))}>
                      {t('search')}
                    </Item>
                    <Item value={t('members')} icon={Users} onSelect={go(() => navigate({ to: '/s/$space/members', params: { space } }))}>
                      {t('members')}
                    </Item>
                  </>
                )}
                <Item value={t('settings')} icon={Settings} onSelect={go(() => navigate({ to: '/settings/profile' }))}>
                  {t('settings')}
                </Item>
                <Item value={t('light')} icon={Sun} onSelect={go(() => choose({ theme: 'light' }))}>
                  {t('light')}
                </Item>
                <Item value={t('dark')} icon={Moon} onSelect={go(() => choose({ theme: 'dark' }))}>
                  {t('dark')}
                </Item>
              </Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group heading={heading} className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-[12px] [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-soft">
      {children}
    </Command.Group>
  )
}

interface ItemProps {
  value: string
  icon?: LucideIcon
  onSelect: () => void
  children: ReactNode
}

function Item({ value, icon: Icon, onSelect, children }: ItemProps) {
  return (
    <Command.Item value={value} onSelect={onSelect} className="flex min-h-9 cursor-pointer items-center gap-2 rounded-lg px-2 data-[selected=true]:bg-hover touch:min-h-11">
      {Icon && <Icon size={16} aria-hidden className="shrink-0 text-soft" />}
      {children}
    </Command.Item>
  )
}
