import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/ui/button'
import { Section } from '@/ui/section'

/** Asked for here, where one wants it; never when a page opens. */
export function NoticeSettings() {
  const t = useTranslations('account')
  const supported = 'Notification' in globalThis
  const [state, setState] = useState(supported ? Notification.permission : 'denied')
  const text = !supported ? t('notices_unsupported') : state === 'granted' ? t('notices_on') : state === 'denied' ? t('notices_denied') : t('notices_text')
  return (
    <Section title={t('notices')} text={text}>
      {supported && state === 'default' && (
        <Button className="self-start" onClick={async () => setState(await Notification.requestPermission())}>
          {t('notices_allow')}
        </Button>
      )}
    </Section>
  )
}
