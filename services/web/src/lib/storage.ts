/** `localStorage` that may be full, shut or absent: reading gives null then, writing nothing. */
export const storage = {
  read<T>(key: string): T | null {
    try {
      const text = localStorage.getItem(key)
      return text === null ? null : (JSON.parse(text) as T)
    } catch {
      return null
    }
  },
  write(key: string, value: unknown): boolean {
    try {
      localStorage.setItem(key, JSON.stringify(value))
      return true
    } catch {
      return false
    }
  },
  remove(key: string): void {
    try {
      localStorage.removeItem(key)
    } catch {
      // Nothing was stored either.
    }
  },
}
