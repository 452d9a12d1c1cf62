import { useQueryClient } from '@tanstack/react-query'
import { Pause, Play, Square } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import { asProblem } from '@/api/problems'
import type { Recording } from '@/api/types'
import { useProblemText } from '@/features/problems'
import { Button } from '@/ui/button'
import { toast } from '@/ui/toast'

type Act = 'stop' | 'pause' | 'resume'

export function LiveControls({ recording }: { recording: Pick<Recording, 'id' | 'state'> }) {
  const t = useTranslations('recordings')
  const textOf = useProblemText()
  const queries = useQueryClient()
  const [busy, setBusy] = useState<Act | null>(null)

  async function act(what: Act) {
    setBusy(what)
    try {
      const params = { path: { recording_id: recording.id } }
      if (what === 'stop') await answer(api.POST('/api/v1/recordings/{recording_id}/stop', { params }))
      else if (what === 'pause') await answer(api.POST('/api/v1/recordings/{recording_id}/pause', { params }))
      else await answer(api.POST('/api/v1/recordings/{recording_id}/resume', { params }))
      await queries.invalidateQueries({ queryKey: ['recording', recording.id] })
    } catch (error) {
      toast(textOf(asProblem(error)), { look: 'danger' })
    } finally {
      setBusy(null)
    }
  }

  return (
    <>
      {recording.state === 'recording' && (
        <Button busy={busy === 'pause'} onClick={() => act('pause')}>
          <Pause size={16} aria-hidden /> {t('pause')}
        </Button>
      )}
      {recording.state === 'paused' && (
        <Button busy={busy === 'resume'} onClick={() => act('resume')}>
          <Play size={16} aria-hidden /> {t('resume')}
        </Button>
      )}
      {recording.state !== 'finishing' && (
        <Button look="danger" busy={busy === 'stop'} onClick={() => act('stop')}>
          <Square size={16} aria-hidden /> {t('stop')}
        </Button>
      )}
    </>
  )
}
