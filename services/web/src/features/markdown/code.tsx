import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { IconButton } from '@/ui/icon-button'

export function Code({ text, language }: { text: string; language: string }) {
  const t = useTranslations('common')
  const [copied, setCopied] = useState(false)

  async function copy() {
    await navigator.clipboard?.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1_500)
  }

  return (
    <div className="group/code relative my-1 max-w-full rounded-lg border border-line bg-panel">
      {language && <div className="px-3 pt-2 text-[12px] text-soft">{language.slice(0, 40)}</div>}
      <pre className="overflow-x-auto p-3 font-mono text-[13px] leading-5" tabIndex={0} role="region" aria-label={language || 'code'}>
        {text}
      </pre>
      <IconButton
        icon={copied ? Check : Copy}
        label={copied ? t('copied') : t('copy')}
        size="small"
        onClick={copy}
        className="absolute top-1 right-1 bg-panel opacity-0 group-hover/code:opacity-100 focus-visible:opacity-100 touch:opacity-100"
      />
    </div>
  )
}
