/** The only Trusted Types policy of the page: script addresses of our own origin, nothing else. */
interface Policy {
  createScriptURL(url: string): string
}
interface Factory {
  createPolicy(name: string, rules: Policy): Policy
}

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes

const rules: Policy = {
  createScriptURL(url) {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError(`not ours: ${url}`)
    return url
  },
}
const policy = factory ? factory.createPolicy('guildhall', rules) : rules

/** For `new Worker` and `serviceWorker.register`. */
export function scriptUrl(url: string): string {
  return policy.createScriptURL(url)
}
