interface How {
  mediation?: CredentialMediationRequirement
  signal?: AbortSignal
}
type Json = Record<string, unknown>

/** Passkeys in the JSON form that the server speaks. They need https, or the name `localhost`. */
export const passkeys = {
  supported(): boolean {
    return typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential
  },

  async inAutofill(): Promise<boolean> {
    return this.supported() && (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true
  },

  async prove(options: unknown, { mediation, signal }: How = {}): Promise<Json> {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(unwrap(options) as never)
    const credential = await navigator.credentials.get({ publicKey, mediation, signal })
    return (credential as PublicKeyCredential).toJSON() as Json
  },

  async create(options: unknown): Promise<Json> {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(unwrap(options) as never)
    const credential = await navigator.credentials.create({ publicKey })
    return (credential as PublicKeyCredential).toJSON() as Json
  },
}

function unwrap(options: unknown): unknown {
  return (options as { publicKey?: unknown }).publicKey ?? options
}
