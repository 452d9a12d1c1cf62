/** One refresh at a time over all tabs: the cookie is exchanged at each, and must not be spent twice. */
export function withLock<T>(work: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks
  // Plain http on a LAN has no locks; the server then allows a short overlap.
  return locks ? (locks.request('guildhall-refresh', work) as Promise<T>) : work()
}
