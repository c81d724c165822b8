/** What a token request brings. */
export interface Issued {
  readonly access_token: string
  readonly token_type: "Bearer"
  readonly expires_in: number
}

/** What the peers and this library are connected to: the platform without a wire. */
export interface Platform {
  readonly token: () => Promise<Issued>
  readonly login: () => Promise<{ readonly status: number; readonly body: unknown }>
  /** The status of an API call; at once where nothing is to be waited for. */
  readonly api: (authorization: string | undefined, session: string | undefined) => number | Promise<number>
}

/** Accepts everything: what a call costs beside it is the client's own. */
export const accepting: Platform = {
  token: () =>
    Promise.resolve({ access_token: "access-token-".padEnd(40, "0"), token_type: "Bearer", expires_in: 3600 }),
  login: () => Promise.resolve({ status: 200, body: { sessionToken: "session-token-".padEnd(36, "0") } }),
  api: () => 200
}

const hour = 3_600_000

/** The platform as it behaves: one token an hour, the same for whoever asks, and sessions; with faults that are set. */
export class Behaving implements Platform {
  tokenRequests = 0
  logins = 0
  /** How the next token requests are answered. */
  tokenEndpoint: "healthy" | "slow" | "failing" | "hanging" = "healthy"
  failuresLeft = 0
  passwordIsRight = true
  #token = ""
  #expiresAt = 0
  #session = ""
  #issued = 0

  async token(): Promise<Issued> {
    this.tokenRequests += 1
    const mode = this.failuresLeft > 0 ? "failing" : this.tokenEndpoint
    if (this.failuresLeft > 0) this.failuresLeft -= 1
    if (mode === "hanging") await new Promise<never>(() => undefined)
    await new Promise((resume) => setTimeout(resume, mode === "slow" ? 1000 : 2))
    if (mode === "failing") throw new Error("the token endpoint answered 503")
    if (Date.now() >= this.#expiresAt) this.#issue()
    return {
      access_token: this.#token,
      token_type: "Bearer",
      expires_in: Math.ceil((this.#expiresAt - Date.now()) / 1000)
    }
  }

  async login() {
    this.logins += 1
    await new Promise((resume) => setTimeout(resume, 2))
    if (!this.passwordIsRight) {
      const body = { errorCode: "UnifiedWebService.INPUT_INVALID.Password.Invalid", errorMessage: "wrong" }
      return { status: 400, body }
    }
    this.#issued += 1
    this.#session = `session-${this.#issued}`
    return { status: 200, body: { sessionToken: this.#session } }
  }

  api(authorization: string | undefined, session: string | undefined): number {
    if (authorization !== `Bearer ${this.#token}` || Date.now() >= this.#expiresAt) return 401
    return session === undefined || session === this.#session ? 200 : 400
  }

  revoke(): void {
    this.#issue()
  }

  endSessions(): void {
    this.#session = ""
  }

  #issue(): void {
    this.#issued += 1
    this.#token = `token-${this.#issued}`
    this.#expiresAt = Date.now() + hour
  }
}
