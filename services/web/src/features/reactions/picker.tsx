import { EmojiPicker, type EmojiPickerListComponents } from 'frimousse'
import { useTranslations } from 'use-intl'
import { usePreferences } from '@/lib/preferences'

const PARTS: Partial<EmojiPickerListComponents> = {
  CategoryHeader: ({ category, ...rest }) => (
    <div {...rest} className="bg-raised px-1 py-1 text-[12px] font-semibold text-soft">
      {category.label}
    </div>
  ),
  Row: ({ children, ...rest }) => (
    <div {...rest} className="flex">
      {children}
    </div>
  ),
  Emoji: ({ emoji, ...rest }) => (
    <button {...rest} type="button" className="flex size-9 items-center justify-center rounded-lg text-[20px] data-[active]:bg-hover">
      {emoji.emoji}
    </button>
  ),
}

/** Every emoji; its names are served by us, never fetched from elsewhere. */
export default function Picker({ onPick }: { onPick: (emoji: string) => void }) {
  const t = useTranslations('reactions')
  const locale = usePreferences((state) => state.language)
  return (
    <EmojiPicker.Root locale={locale} emojibaseUrl="/emoji" columns={8} className="flex h-72 flex-col pt-2" onEmojiSelect={({ emoji }) => onPick(emoji)}>
      <EmojiPicker.Search
        aria-label={t('search')}
        placeholder={t('search')}
        className="min-h-9 w-full rounded-lg border border-line-strong/60 bg-page px-3 text-[14px] touch:text-[16px]"
      />
      <EmojiPicker.Viewport className="relative mt-2 flex-1 overflow-y-auto outline-none">
        <EmojiPicker.Loading className="absolute inset-0 flex items-center justify-center text-soft">{t('loading')}</EmojiPicker.Loading>
        <EmojiPicker.Empty className="absolute inset-0 flex items-center justify-center text-soft">{t('none')}</EmojiPicker.Empty>
        <EmojiPicker.List
          className="pb-1 select-none"
          components={PARTS}
        />
      </EmojiPicker.Viewport>
    </EmojiPicker.Root>
  )
}
