import { Paperclip, SendHorizontal, SmilePlus } from 'lucide-react'
import { type ClipboardEvent, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { EmojiPopover } from '@/features/reactions'
import { useAttention } from '@/features/timeline'
import { UploadChips, useUploads } from '@/features/uploads'
import { draftOf, loadDraft, useDrafts, writeDraft } from '@/replica/drafts'
import { useInstance } from '@/replica/instance'
import { sayTyping } from '@/replica/live'
import { post, useOutbox } from '@/replica/outbox'
import { timelineStore } from '@/replica/timelines'
import { useSession } from '@/session/session'
import { IconButton } from '@/ui/icon-button'
import { Autocomplete } from './autocomplete'
import { DropZone } from './drop-zone'
import { ReplyBar } from './reply-bar'
import { useAutocomplete } from './use-autocomplete'

interface Props {
  channel: string
  space: string
  placeholder: string
}

const TYPING_PAUSE_MS = 3_000
const CHARS_MAX = 4_000

/** Where messages are written: its draft outlives the page, and what is sent is kept until it has arrived. */
export function Composer({ channel, space, placeholder }: Props) {
  const t = useTranslations('composer')
  const me = useSession((state) => state.user?.id ?? '')
  const draft = useDrafts((drafts) => draftOf(drafts, me, channel))
  const unkept = useOutbox((state) => state.unkept)
  const limit = useInstance((state) => state?.limits.message_chars_max ?? CHARS_MAX)
  const uploads = useUploads(me, channel, space)
  const box = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const typedAt = useRef(0)
  const [emoji, setEmoji] = useState(false)
  const complete = useAutocomplete({ box, space, text: draft.text, write })

  useLayoutEffect(() => {
    loadDraft(me, channel)
  }, [me, channel])
  useEffect(() => {
    if (!matchMedia('(pointer: coarse)').matches) box.current?.focus()
  }, [channel])
  useEffect(() => {
    if (draft.replyTo) box.current?.focus()
  }, [draft.replyTo])

  function write(text: string, caret?: number) {
    writeDraft(me, channel, { text })
    if (caret !== undefined) requestAnimationFrame(() => box.current?.setSelectionRange(caret, caret))
    if (text && Date.now() - typedAt.current > TYPING_PAUSE_MS) {
      typedAt.current = Date.now()
      sayTyping(channel)
    }
  }

  const left = limit - draft.text.length
  const empty = draft.text.trim() === '' && draft.files.length === 0
  const blocked = empty || left < 0 || uploads.busy

  function send() {
    if (blocked) return
    post({ owner: me, channel, content: draft.text.trim(), replyTo: draft.replyTo, files: draft.files })
    writeDraft(me, channel, { text: '', replyTo: null, files: [] })
    typedAt.current = 0
  }

  function insert(text: string) {
    const at = box.current?.selectionEnd ?? draft.text.length
    write(draft.text.slice(0, at) + text + draft.text.slice(at), at + text.length)
    box.current?.focus()
  }

  function editLast() {
    const own = timelineStore(channel).getState().timeline?.items.findLast((one) => one.author.id === me && one.kind === 'text' && !one.deleted_at)
    if (own) useAttention.setState({ editing: own.id })
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    if (complete.onKeyDown(event)) return
    if (event.key === 'Enter' && !event.shiftKey && !matchMedia('(pointer: coarse)').matches) {
      event.preventDefault()
      send()
    } else if (event.key === 'ArrowUp' && draft.text === '') {
      event.preventDefault()
      editLast()
    } else if (event.key === 'Escape' && draft.replyTo) {
      event.preventDefault()
      writeDraft(me, channel, { replyTo: null })
    }
  }

  function onPaste(event: ClipboardEvent) {
    if (event.clipboardData.files.length === 0) return
    event.preventDefault()
    uploads.add(event.clipboardData.files)
  }

  return (
    <DropZone onFiles={uploads.add}>
      <div className="px-3 pb-1 md:px-4">
        {unkept && <p className="pb-1 text-[12px] text-warn">{t('unkept')}</p>}
        <div className="relative rounded-xl border border-line-strong/50 bg-raised focus-within:border-accent">
          {complete.open && <Autocomplete {...complete.list} />}
          {draft.replyTo && <ReplyBar channel={channel} id={draft.replyTo} onCancel={() => writeDraft(me, channel, { replyTo: null })} />}
          <UploadChips files={draft.files} uploading={uploads.uploading} onDrop={uploads.drop} onRemove={uploads.remove} onRetry={uploads.retry} />
          <div className="flex items-end gap-0.5 p-1">
            <IconButton icon={Paperclip} label={t('attach')} onClick={() => picker.current?.click()} />
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              onChange={(event) => {
                uploads.add([...(event.target.files ?? [])])
                event.target.value = ''
              }}
            />
            <textarea
              ref={box}
              data-channel={channel}
              value={draft.text}
              dir="auto"
              rows={1}
              placeholder={placeholder}
              aria-label={placeholder}
              {...complete.aria}
              onChange={(event) => write(event.target.value)}
              onSelect={complete.onSelect}
              onKeyDown={onKeyDown}
              onPaste={onPaste}
              className="field-sizing-content max-h-[40dvh] min-h-9 min-w-0 flex-1 resize-none bg-transparent px-1 py-[7px] outline-none placeholder:truncate touch:min-h-11 touch:py-[11px] touch:text-[16px]"
            />
            <EmojiPopover open={emoji} onOpenChange={setEmoji} onPick={insert}>
              <IconButton icon={SmilePlus} label={t('emoji')} />
            </EmojiPopover>
            <IconButton icon={SendHorizontal} label={t('send')} disabled={blocked} onClick={send} className={blocked ? undefined : 'text-accent hover:text-accent'} />
          </div>
        </div>
        {left < 200 && <p className={left < 0 ? 'pt-1 text-[12px] text-danger' : 'pt-1 text-[12px] text-soft'}>{left < 0 ? t('too_long', { count: -left }) : t('left', { count: left })}</p>}
      </div>
    </DropZone>
  )
}
