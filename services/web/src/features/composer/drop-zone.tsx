import { type DragEvent, type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'

/** Files dropped on the composer become attachments. */
export function DropZone({ onFiles, children }: { onFiles: (files: File[]) => void; children: ReactNode }) {
  const t = useTranslations('composer')
  const [over, setOver] = useState(false)

  function drop(event: DragEvent) {
    event.preventDefault()
    setOver(false)
    onFiles([...event.dataTransfer.files])
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className="relative shrink-0"
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-x-4 inset-y-0 flex items-center justify-center rounded-xl border-2 border-dashed border-accent bg-accent-soft font-semibold text-accent">
          {t('drop')}
        </div>
      )}
    </div>
  )
}
