import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { EndpointError, OAuthError } from "../../AuthError.js"
import * as leasing from "./lease.js"
import type { Service } from "./reference.js"
import type { Vault } from "./seal.js"

/** Longer than anybody waits for another's lease. */
const life = Duration.minutes(5)

/**
 * The failures that are the same for everyone: of the token endpoint, which may also end a login before it is sent. What
 * comes of a login itself, each process must learn from the guard, which remembers it. That nothing was sent may be a
 * process's own trouble.
 *
 * @internal
 */
export type Shared = OAuthError | EndpointError

const Shared = Schema.parseJson(
  Schema.Union(OAuthError, EndpointError).pipe(
    Schema.filter((error) => error.endpoint === "requestToken" && !("reason" in error && error.reason === "NotSent"))
  )
)
const isShared = Schema.is(Schema.typeSchema(Shared))
const encode = Schema.encodeSync(Shared)
const decode = Schema.decodeOption(Shared)

const keyOf = (name: string): string => `${name}:failed`

/**
 * Leaves a failure to those who wait for its outcome, so that they need not each meet it in turn.
 *
 * @internal
 */
export const write = (store: Service, vault: Vault, name: string, error: unknown): Effect.Effect<void> => {
  if (!isShared(error)) return Effect.void
  const key = keyOf(name)
  return Effect.asVoid(
    leasing.holding(store, key, (lease) =>
      Effect.flatMap(vault.seal(key, encode(error)), (sealed) => store.set(lease, sealed, life))
    )
  ).pipe(Effect.ignore)
}

/**
 * The failure that was left while we waited, which has been for so many milliseconds.
 *
 * @internal
 */
export const read = (
  store: Service,
  vault: Vault,
  name: string,
  waited: number
): Effect.Effect<Option.Option<Shared>> =>
  Effect.gen(function* () {
    const key = keyOf(name)
    const entry = yield* store.get(key)
    if (Option.isNone(entry)) return Option.none()
    const age = Duration.toMillis(life) - Duration.toMillis(entry.value.timeToLive)
    if (age > waited) return Option.none()
    return Option.flatMap(yield* vault.open(key, entry.value.value), decode)
  }).pipe(Effect.orElseSucceed(() => Option.none()))
