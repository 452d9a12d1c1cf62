import { Download, FileText } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import type { FileInfo } from '@/api/types'

const WIDTH_MAX = 400
const HEIGHT_MAX = 300

function urlOf(file: FileInfo): string {
  return `/api/v1/files/${file.id}`
}

/** Pictures, sounds and films in place, all else as a card to download. */
export function Attachments({ files }: { files: readonly FileInfo[] }) {
  return (
    <div className="my-1 flex flex-wrap gap-2">
      {files.map((file) => (
        <Attachment key={file.id} file={file} />
      ))}
    </div>
  )
}

function Attachment({ file }: { file: FileInfo }) {
  const kind = file.content_type.split('/')[0]
  if (kind === 'image') return <Picture file={file} />
  if (kind === 'audio') return <audio controls preload="none" src={urlOf(file)} aria-label={file.filename} className="h-10 w-full max-w-[400px]" />
  if (kind === 'video') {
    return <video controls preload="metadata" src={urlOf(file)} aria-label={file.filename} className="max-h-[300px] w-full max-w-[400px] rounded-lg bg-black" />
  }
  return <FileCard file={file} />
}

/** Its room is kept before it arrives, so that nothing moves. */
function Picture({ file }: { file: FileInfo }) {
  const [broken, setBroken] = useState(false)
  if (broken) return <FileCard file={file} />
  const width = file.width ?? WIDTH_MAX
  const height = file.height ?? HEIGHT_MAX
  const scale = Math.min(1, WIDTH_MAX / width, HEIGHT_MAX / height)
  return (
    <a href={urlOf(file)} target="_blank" rel="noreferrer" className="block max-w-full overflow-hidden rounded-lg border border-line bg-panel">
      <img
        src={urlOf(file)}
        alt={file.filename}
        width={Math.round(width * scale)}
        height={Math.round(height * scale)}
        loading="lazy"
        onError={() => setBroken(true)}
        className="h-auto max-w-full object-contain"
      />
    </a>
  )
}

function FileCard({ file }: { file: FileInfo }) {
  const t = useTranslations('uploads')
  const format = useFormatter()
  const size = file.size >= 1_000_000 ? { value: file.size / 1_000_000, unit: 'megabyte' } : { value: file.size / 1_000, unit: 'kilobyte' }
  return (
    <a
      href={urlOf(file)}
      download={file.filename}
      className="flex w-full max-w-[400px] items-center gap-3 rounded-lg border border-line bg-panel px-3 py-2 hover:bg-hover"
    >
      <FileText size={20} aria-hidden className="shrink-0 text-soft" />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-semibold">{file.filename || t('file')}</span>
        {file.size > 0 && (
          <span className="block text-[12px] text-soft">{format.number(size.value, { style: 'unit', unit: size.unit, maximumFractionDigits: 1 })}</span>
        )}
      </span>
      <Download size={16} aria-label={t('download')} className="shrink-0 text-soft" />
    </a>
  )
}
