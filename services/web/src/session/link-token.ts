/** The token of a mailed link: taken from the fragment, then erased from the address and the history. */
export function takeLinkToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
  if (location.hash) history.replaceState(history.state, '', location.pathname + location.search)
  return token
}
