import { useNavigate } from '@tanstack/react-router'
import { CalendarDays } from 'lucide-react'
import { useRef } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { asProblem } from '@/api/problems'
import type { Channel } from '@/api/types'
import { useProblemText } from '@/features/problems'
import { IconButton } from '@/ui/icon-button'
import { toast } from '@/ui/toast'

/** To the first message of a day, by the browser's own calendar. */
export function JumpToDate({ channel }: { channel: Channel }) {
  const t = useTranslations('channels')
  const navigate = useNavigate()
  const textOf = useProblemText()
  const picker = useRef<HTMLInputElement>(null)

  async function jump(day: string) {
    if (!day) return
    try {
      const params = { path: { channel_id: channel.id }, query: { at: new Date(`${day}T00:00`).toISOString(), limit: 10 } }
      const page = await answer(api.GET('/api/v1/channels/{channel_id}/messages', { params }))
      const since = page.items.find((one) => new Date(one.created_at) >= new Date(`${day}T00:00`)) ?? page.items.at(-1)
      if (!since) return toast(t('nothing_then'))
      await navigate({ to: '/s/$space/c/$channel', params: { space: channel.space_id, channel: channel.id }, search: { m: since.id } })
    } catch (error) {
      toast(textOf(asProblem(error)), { look: 'danger' })
    }
  }

  return (
    <span className="relative hidden md:inline-flex">
      <IconButton icon={CalendarDays} label={t('to_date')} onClick={() => picker.current?.showPicker()} />
      <input
        ref={picker}
        type="date"
        tabIndex={-1}
        aria-hidden
        max={new Date().toLocaleDateString('sv')}
        onChange={(event) => void jump(event.target.value)}
        className="pointer-events-none absolute inset-0 opacity-0"
      />
    </span>
  )
}
