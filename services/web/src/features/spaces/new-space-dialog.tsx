import { useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Dialog } from '@/ui/dialog'
import { NewSpaceForm } from './new-space-form'

export function NewSpaceDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const t = useTranslations('spaces')
  const navigate = useNavigate()
  function done(space: string) {
    onOpenChange(false)
    void navigate({ to: '/s/$space', params: { space } })
  }
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('add_title')} description={t('add_text')} closeLabel={t('close')}>
      <NewSpaceForm onDone={done} />
    </Dialog>
  )
}
