/** Grey lines where text will be. */
export function Skeleton({ lines = 3, label }: { lines?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-5 p-4 animate-skeleton">
      {Array.from({ length: lines }, (_, at) => (
        <div key={at} className="flex gap-3">
          <div className="size-9 shrink-0 rounded-full bg-pressed" />
          <div className="flex flex-1 flex-col gap-2 pt-1">
            <div className="h-3 w-28 rounded bg-pressed" />
            <div className="h-3 rounded bg-hover" style={{ width: `${40 + ((at * 37) % 50)}%` }} />
          </div>
        </div>
      ))}
    </div>
  )
}
