import { useEffect } from 'react'
import { PaletteDialog } from './palette-dialog'
import { ShortcutsDialog } from './shortcuts-dialog'
import { usePalette } from './use-palette'

/** `Ctrl/⌘ K`: go anywhere by name. `?`: what the keys do. */
export function CommandPalette() {
  const { open, shortcuts } = usePalette()

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        usePalette.setState(({ open: before }) => ({ open: !before }))
      }
      const writing = event.target instanceof HTMLElement && event.target.closest('input, textarea, select')
      if (event.key === '?' && !writing) usePalette.setState({ shortcuts: true })
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])

  return (
    <>
      {open && <PaletteDialog />}
      <ShortcutsDialog open={shortcuts} onOpenChange={(now) => usePalette.setState({ shortcuts: now })} />
    </>
  )
}
