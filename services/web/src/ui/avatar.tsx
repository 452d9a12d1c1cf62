import { useState } from 'react'
import { cx } from '@/lib/cx'

interface Props {
  name: string
  url?: string | null
  size?: number
  square?: boolean
  className?: string
}

const HUES = [12, 38, 84, 152, 188, 214, 262, 318]

function hueOf(name: string): number {
  let sum = 0
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973
  return HUES[sum % HUES.length] ?? 152
}

/** The first letter as people count letters: an emoji or a letter with marks is one. */
export function initialOf(name: string): string {
  const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name.trim())
  return ([...segments][0]?.segment ?? '?').toLocaleUpperCase()
}

/** A picture, or the initial on a colour of the name's own. Decorative: the name stands beside it. */
export function Avatar({ name, url, size = 36, square = false, className }: Props) {
  const [broken, setBroken] = useState(false)
  const shape = cx('shrink-0 select-none', square ? 'rounded-xl' : 'rounded-full', className)
  // Only our own origin: a picture from elsewhere would tell who looks at it.
  if (url?.startsWith('/') && !broken) {
    return <img src={url} alt="" width={size} height={size} loading="lazy" onError={() => setBroken(true)} className={cx(shape, 'object-cover')} />
  }
  const hue = hueOf(name)
  return (
    <span
      aria-hidden
      className={cx(shape, 'inline-flex items-center justify-center font-semibold text-white')}
      style={{ width: size, height: size, fontSize: size * 0.42, background: `hsl(${hue} 42% 38%)` }}
    >
      {initialOf(name)}
    </span>
  )
}
