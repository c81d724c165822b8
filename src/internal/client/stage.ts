import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../../AccessToken.js"
import { type Endpoint, EndpointError } from "../../AuthError.js"
import type { SessionToken } from "../../SessionToken.js"
import * as headerValue from "../secrets/headerValue.js"
import { RenewalBackoff } from "./renewalBackoff.js"

/**
 * What requests need of a source: of its service's members all but those that end the credential.
 *
 * @internal
 */
export interface Source<T, E> {
  readonly get: Effect.Effect<T, E>
  readonly invalidate: (token: T) => Effect.Effect<void>
  readonly unsafePeek?: ((now: number) => T | undefined) | undefined
  readonly isCurrent?: ((token: T) => boolean) | undefined
  readonly used?: ((token: T, sentAt: number) => Effect.Effect<void>) | undefined
  readonly unsafeUsed?: ((token: T, sentAt: number) => void) | undefined
}

interface Shape {
  readonly rejection: "AccessToken" | "SessionToken"
  /** Its name in the counter of resends. */
  readonly tag: "token" | "session"
  /** None if it depends on where the request goes. */
  readonly header: "authorization" | undefined
  readonly prefix: string
  readonly endpoint: Endpoint
}

/**
 * One of the credentials that a request carries.
 *
 * @internal
 */
export interface Stage<E> extends Shape {
  /** What can be sent without asking anyone; synchronous, because it is read at every call. */
  readonly peek: (now: number) => Carried | undefined
  readonly get: Effect.Effect<Carried, E>
  /** The source's, so that all clients over one source back off together. */
  readonly backoff: RenewalBackoff
}

/** @internal */
export type AnyStage = Stage<unknown>

/**
 * A credential as requests carry it, made once for each token.
 *
 * @internal
 */
export interface Carried {
  readonly stage: AnyStage
  /** The header's. A function, so that it is not printed. */
  readonly value: () => string
  /** Whether this may still be the credential that the source holds. */
  readonly isCurrent: () => boolean
  readonly invalidate: Effect.Effect<void>
  /** The platform accepted a request that was sent at this time; what is returned is still to be run. */
  readonly used: (sentAt: number) => Effect.Effect<void> | undefined
}

const backoffs = new WeakMap<object, RenewalBackoff>()

const backoffOf = (source: object): RenewalBackoff => {
  const backoff = backoffs.get(source) ?? new RenewalBackoff()
  backoffs.set(source, backoff)
  return backoff
}

const make =
  (shape: Shape) =>
  <T extends AccessToken | SessionToken, E>(source: Source<T, E>): Stage<E | EndpointError> => {
    const unusable = new EndpointError({
      endpoint: shape.endpoint,
      reason: "NotSent",
      description: "the token holds characters that no header can carry"
    })
    let latest: T | undefined
    let carried: Carried | undefined

    const carry = (token: T): Carried | undefined => {
      if (token === latest) return carried
      const secret = Redacted.value(token.secret)
      const value = shape.prefix + secret
      const made: Carried = {
        stage,
        value: () => value,
        isCurrent: () => source.isCurrent?.(token) ?? true,
        invalidate: Effect.suspend(() => source.invalidate(token)),
        used:
          source.unsafeUsed === undefined
            ? (sentAt) => source.used?.(token, sentAt)
            : (sentAt) => void source.unsafeUsed?.(token, sentAt)
      }
      latest = token
      carried = headerValue.isHeaderValue(secret) ? made : undefined
      return carried
    }

    const stage: Stage<E | EndpointError> = {
      ...shape,
      backoff: backoffOf(source),
      peek: (now) => {
        const token = source.unsafePeek?.(now)
        return token === undefined ? undefined : carry(token)
      },
      get: Effect.flatMap(source.get, (token): Effect.Effect<Carried, EndpointError> => {
        const next = carry(token)
        return next === undefined ? Effect.fail(unusable) : Effect.succeed(next)
      })
    }
    return stage
  }

/** @internal */
export const ofTokenSource = make({
  rejection: "AccessToken",
  tag: "token",
  header: "authorization",
  prefix: "Bearer ",
  endpoint: "requestToken"
})

/** @internal */
export const ofSessionSource = make({
  rejection: "SessionToken",
  tag: "session",
  header: undefined,
  prefix: "",
  endpoint: "login"
})
