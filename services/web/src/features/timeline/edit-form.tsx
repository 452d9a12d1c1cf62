import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { answer, api } from '@/api/client'
import type { Message } from '@/api/types'
import { ProblemNotice } from '@/features/problems'
import { Button } from '@/ui/button'
import { useAttention } from './use-message-actions'

/** Change one's own words in place; a refusal keeps what was typed. */
export function EditForm({ message }: { message: Message }) {
  const t = useTranslations('timeline')
  const [text, setText] = useState(message.content)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const box = useRef<HTMLTextAreaElement>(null)
  const end = () => useAttention.setState({ editing: null })

  useEffect(() => {
    box.current?.focus()
    box.current?.setSelectionRange(text.length, text.length)
    // Once, when the form opens.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [])

  async function save(event?: FormEvent) {
    event?.preventDefault()
    if (text.trim() === '') return useAttention.setState({ editing: null, deleting: message })
    if (text === message.content) return end()
    setBusy(true)
    setError(null)
    try {
      const path = { channel_id: message.channel_id, message_id: message.id }
      const params = { path, header: { 'If-Match': `"${message.rev}"` } }
      await answer(api.PATCH('/api/v1/channels/{channel_id}/messages/{message_id}', { params, body: { content: text } }))
      end()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      end()
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      void save()
    }
  }

  return (
    <form onSubmit={save} className="my-1 flex flex-col gap-2">
      <textarea
        ref={box}
        value={text}
        dir="auto"
        aria-label={t('edit')}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-60 w-full resize-none rounded-lg border border-line-strong/60 bg-raised px-3 py-2 touch:text-[16px]"
      />
      <ProblemNotice error={error} />
      <div className="flex gap-2">
        <Button type="submit" size="small" look="primary" busy={busy}>
          {t('save')}
        </Button>
        <Button size="small" look="quiet" onClick={end}>
          {t('cancel')}
        </Button>
      </div>
    </form>
  )
}
