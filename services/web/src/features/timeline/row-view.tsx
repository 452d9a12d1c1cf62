import { memo } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { daysAgo } from '@/lib/time'
import { MessageRow } from './message-row'
import { PendingRow } from './pending-row'
import type { Row } from './rows'
import { SystemRow } from './system-row'

interface Props {
  row: Exclude<Row, { kind: 'start' }>
  space: string
  channel: string
  marked: boolean
  tabbable: boolean
  onThread?: (message: string) => void
}

export const RowView = memo(function RowView({ row, ...rest }: Props) {
  switch (row.kind) {
    case 'day':
      return <DayLine day={row.day} />
    case 'new':
      return <NewLine />
    case 'pending':
      return <PendingRow entry={row.entry} grouped={row.grouped} space={rest.space} tabbable={rest.tabbable} />
    case 'message':
      if (row.message.kind !== 'text') return <SystemRow message={row.message} />
      return <MessageRow message={row.message} grouped={row.grouped} {...rest} />
  }
}, isSame)

/** Rows are made again with every event; what they show mostly is the same. */
function isSame(a: Props, b: Props): boolean {
  const shown = (row: Props['row']) => ('message' in row ? row.message : 'entry' in row ? row.entry : row.key)
  const grouped = (row: Props['row']) => 'grouped' in row && row.grouped
  return (
    a.row.kind === b.row.kind &&
    shown(a.row) === shown(b.row) &&
    grouped(a.row) === grouped(b.row) &&
    a.marked === b.marked &&
    a.tabbable === b.tabbable &&
    a.onThread === b.onThread
  )
}

function DayLine({ day }: { day: number }) {
  const t = useTranslations('timeline')
  const format = useFormatter()
  const ago = daysAgo(day, Date.now())
  const far = format.dateTime(day, { weekday: 'long', day: 'numeric', month: 'long', year: ago > 300 ? 'numeric' : undefined })
  return (
    <div className="flex items-center gap-3 px-4 pt-4 pb-1 text-[12px] font-semibold text-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      {ago === 0 ? t('today') : ago === 1 ? t('yesterday') : far}
    </div>
  )
}

function NewLine() {
  const t = useTranslations('timeline')
  return (
    <div className="flex items-center gap-2 px-4 pt-2 text-[12px] font-semibold text-danger after:h-px after:flex-1 after:bg-danger/60">
      {t('new')}
    </div>
  )
}
