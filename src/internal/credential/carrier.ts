import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../../AccessToken.js"
import { type Endpoint, EndpointError } from "../../AuthError.js"
import type { SessionToken } from "../../SessionToken.js"
import * as secretText from "../secrets/secretText.js"
import type { Held } from "./state.js"

/** Its strings can be read, but not printed: a fiber that acquires a credential ends with one. */
class HeldToken<T> implements Held<T> {
  readonly token: T
  expiresAt: number
  readonly #secret: string
  readonly #header: string

  constructor(token: T, secret: string, header: string, expiresAt: number) {
    this.token = token
    this.expiresAt = expiresAt
    this.#secret = secret
    this.#header = header
  }

  get secret() {
    return this.#secret
  }

  get header() {
    return this.#header
  }
}

const hold = <T extends AccessToken | SessionToken>(
  token: T,
  endpoint: Endpoint,
  prefix: string,
  expiresAt: number
): Effect.Effect<Held<T>, EndpointError> => {
  const secret = Redacted.value(token.secret)
  if (secretText.isHeaderValue(secret)) return Effect.succeed(new HeldToken(token, secret, prefix + secret, expiresAt))
  const description = "the token holds characters that no header can carry"
  return Effect.fail(new EndpointError({ endpoint, reason: "NotSent", description }))
}

/** @internal */
export const holdAccessToken = (token: AccessToken): Effect.Effect<Held<AccessToken>, EndpointError> =>
  hold(
    token,
    "requestToken",
    "Bearer ",
    token.expiresAt._tag === "Some" ? token.expiresAt.value.epochMillis : Number.POSITIVE_INFINITY
  )

/** @internal */
export const holdSessionToken = (
  token: SessionToken,
  expiresAt = Number.POSITIVE_INFINITY
): Effect.Effect<Held<SessionToken>, EndpointError> => hold(token, "login", "", expiresAt)
