import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Held } from "../credential/held.js"
import type { CredentialStoreError, Lease, Service } from "./reference.js"
import type { Vault } from "./seal.js"

/**
 * Under which name a credential is stored, and what it is sealed with.
 *
 * @internal
 */
export interface Address {
  readonly vault: Vault
  readonly name: string
}

/**
 * A credential, and which acquisition brought it: the token of the lease, or 0 where there was none.
 *
 * @internal
 */
export interface Issued<T> {
  readonly held: Held<T>
  readonly issue: number
}

/**
 * A credential as it is in the store.
 *
 * @internal
 */
export interface Found<T> extends Issued<T> {
  readonly version: number
}

/** How long the store keeps what does not say when it expires: as long as the platform documents. */
const undated = Duration.hours(1)

const Payload = Schema.parseJson(
  Schema.Struct({ secret: Schema.String, issue: Schema.Number, expires: Schema.Boolean, version: Schema.Number })
)
const encode = Schema.encodeSync(Payload)
const decode = Schema.decodeOption(Payload)

/**
 * What can be read and sent. Its expiry counts from before the store was asked, so that a slow answer does not lengthen a
 * life.
 *
 * @internal
 */
export const read = <T, E>(
  store: Service,
  { name, vault }: Address,
  hold: (secret: string, expiresAt: number) => Effect.Effect<Held<T>, E>
): Effect.Effect<Option.Option<Found<T>>, CredentialStoreError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const entry = yield* store.get(name)
    if (Option.isNone(entry)) return Option.none()
    const { timeToLive, value, version } = entry.value
    const payload = Option.flatMap(yield* vault.open(name, value), decode)
    // A version that is not the sealed one has been put there by somebody who can write the store.
    if (Option.isNone(payload) || payload.value.version !== version) return Option.none()
    const { expires, issue, secret } = payload.value
    const expiresAt = expires ? now + Duration.toMillis(timeToLive) : Number.POSITIVE_INFINITY
    return Option.map(yield* Effect.option(hold(secret, expiresAt)), (held) => ({ held, issue, version }))
  })

/**
 * How long a credential has left.
 *
 * @internal
 */
export const lifeOf = ({ expiresAt }: Held<unknown>): Effect.Effect<Duration.Duration> =>
  Number.isFinite(expiresAt)
    ? Effect.map(Clock.currentTimeMillis, (now) => Duration.millis(expiresAt - now))
    : Effect.succeed(undated)

/**
 * Stores a credential for as long as it has left; false, and nothing stored, where the lease or the credential has ended.
 *
 * @internal
 */
export const write = <T>(
  store: Service,
  lease: Lease,
  { name, vault }: Address,
  { held, issue }: Issued<T>
): Effect.Effect<boolean, CredentialStoreError> =>
  Effect.gen(function* () {
    const life = yield* lifeOf(held)
    if (Duration.toMillis(life) < 1) return false
    const payload = encode({
      secret: held.secret,
      issue,
      expires: Number.isFinite(held.expiresAt),
      version: lease.token
    })
    return yield* store.set(lease, yield* vault.seal(name, payload), life)
  })
