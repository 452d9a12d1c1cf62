import { FileText, RotateCw, X } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import type { FileInfo } from '@/api/types'
import { useProblemText } from '@/features/problems'
import { cx } from '@/lib/cx'
import { IconButton } from '@/ui/icon-button'
import type { Uploading } from './use-uploads'

interface Props {
  files: readonly FileInfo[]
  uploading: readonly Uploading[]
  onDrop: (file: FileInfo) => void
  onRemove: (key: string) => void
  onRetry: (key: string) => void
}

const CHIP = 'relative flex max-w-60 items-center gap-2 overflow-hidden rounded-lg border border-line bg-panel py-1 pr-1 pl-2 text-[13px]'

/** The files of a draft: arrived, on their way, refused. */
export function UploadChips({ files, uploading, onDrop, onRemove, onRetry }: Props) {
  const t = useTranslations('uploads')
  const format = useFormatter()
  const textOf = useProblemText()
  if (files.length + uploading.length === 0) return null
  return (
    <ul className="flex flex-wrap gap-2 px-3 pt-3">
      {files.map((file) => (
        <li key={file.id} className={CHIP}>
          <FileText size={15} aria-hidden className="shrink-0 text-soft" />
          <span className="min-w-0 truncate">{file.filename}</span>
          <IconButton icon={X} label={t('remove', { name: file.filename })} size="small" onClick={() => onDrop(file)} />
        </li>
      ))}
      {uploading.map((one) => (
        <li key={one.key} className={cx(CHIP, one.problem && 'border-danger')}>
          <span className="min-w-0">
            <span className="block truncate">{one.file.name}</span>
            <span role="status" className={cx('block truncate text-[12px]', one.problem ? 'text-danger' : 'text-soft')}>
              {one.problem ? textOf(one.problem) : format.number(one.part, { style: 'percent' })}
            </span>
          </span>
          {one.problem && <IconButton icon={RotateCw} label={t('retry')} size="small" onClick={() => onRetry(one.key)} />}
          <IconButton icon={X} label={t('remove', { name: one.file.name })} size="small" onClick={() => onRemove(one.key)} />
          {!one.problem && <span aria-hidden className="absolute inset-x-0 bottom-0 h-0.5 origin-left bg-accent" style={{ transform: `scaleX(${one.part})` }} />}
        </li>
      ))}
    </ul>
  )
}
