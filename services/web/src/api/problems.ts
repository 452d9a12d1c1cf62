export interface FieldError {
  pointer: string
  message: string
}

/** A refusal or an outage, as the server said it (RFC 9457); `code` tells them apart. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly title: string,
    readonly detail = '',
    readonly errors: FieldError[] = [],
    readonly retryAfter: number | null = null,
  ) {
    super(detail || title)
    this.name = 'Problem'
  }

  /** Whether the same call may do later: the server was away or busy, or the network was. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** The network gave no answer. */
export function offline(): Problem {
  return new Problem('offline', 0, 'No connection')
}

export async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get('retry-after'))
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null
  try {
    const body = (await response.json()) as Partial<Problem> & { errors?: FieldError[] }
    return new Problem(
      body.code ?? `http_${response.status}`,
      response.status,
      body.title ?? response.statusText,
      body.detail ?? '',
      body.errors ?? [],
      retryAfter,
    )
  } catch {
    return new Problem(`http_${response.status}`, response.status, response.statusText, '', [], retryAfter)
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof TypeError || (error instanceof DOMException && error.name === 'NetworkError')) return offline()
  return new Problem('unexpected', -1, String(error))
}
