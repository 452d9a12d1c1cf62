const FIRST_MS = 500
const LONGEST_MS = 20_000

/** How long to wait before the n-th try (from 0): doubling, with jitter so that a crowd does not come back at once. */
export function backoff(tries: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** tries)
  return longest / 2 + (random() * longest) / 2
}
