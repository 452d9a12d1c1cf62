import type { ReactNode } from 'react'

/** A part of a settings page: what it is, what it does, and its controls. */
export function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-3 border-b border-line pb-6 last:border-0">
      <div>
        <h2 className="text-[15px] font-semibold">{title}</h2>
        {text && <p className="text-[14px] text-soft">{text}</p>}
      </div>
      {children}
    </section>
  )
}
