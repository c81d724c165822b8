import type * as PlatformError from "@effect/platform/Error"
import type * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { remember } from "./getOrInsert.js"
import { CredentialStoreError, type Entry, type Lease, type Service } from "./reference.js"

const Stored = Schema.parseJson(
  Schema.Struct({ value: Schema.String, version: Schema.Number, expiresAt: Schema.Number })
)

const decode = Schema.decodeOption(Stored)
const encode = Schema.encodeSync(Stored)

/** A `KeyValueStore` has no leases: they are held in memory, beside it. */
interface Held {
  readonly token: number
  /** When it was taken or renewed last; never, once it has been given back. */
  readonly since: number
}

const leasesOf = new WeakMap<KeyValueStore.KeyValueStore, Map<string, Held>>()
const turns = new WeakMap<KeyValueStore.KeyValueStore, Effect.Semaphore>()

const duration = Duration.seconds(10)

/** The system's code, or the platform's name for it; the rest of the error holds paths. */
const describe = (error: PlatformError.PlatformError): string =>
  `the KeyValueStore could not ${error.method} (${error._tag === "SystemError" ? error.reason : error._tag})`

/**
 * Pipelines over the same `KeyValueStore` value share its leases, and take turns at it.
 *
 * @internal
 */
export const make = (store: KeyValueStore.KeyValueStore): Service => {
  const leases = remember(leasesOf, store, () => new Map<string, Held>())
  const turn = remember(turns, store, () => Effect.unsafeMakeSemaphore(1))

  const step = <A>(
    f: (now: number) => Effect.Effect<A, PlatformError.PlatformError>
  ): Effect.Effect<A, CredentialStoreError> =>
    turn.withPermits(1)(
      Effect.mapError(
        Effect.clockWith((clock) => f(clock.unsafeCurrentTimeMillis())),
        (error) => new CredentialStoreError({ description: describe(error) })
      )
    )

  const stored = (key: string) => Effect.map(store.get(key), Option.flatMap(decode))

  const live = (key: string, now: number) =>
    Effect.map(
      stored(key),
      Option.filter(({ expiresAt }) => now < expiresAt)
    )

  /** The lease in force; one from the future was taken before the clock was set back. */
  const leaseOf = (key: string, now: number): Held | undefined => {
    const held = leases.get(key)
    return held !== undefined && now >= held.since && now < held.since + Duration.toMillis(duration) ? held : undefined
  }

  const isHeld = (lease: Lease, now: number): boolean => leaseOf(lease.key, now)?.token === lease.token

  return {
    get: (key) =>
      step((now) =>
        Effect.map(
          live(key, now),
          Option.map(
            ({ expiresAt, value, version }): Entry => ({ value, version, timeToLive: Duration.millis(expiresAt - now) })
          )
        )
      ),
    lease: (key) =>
      step((now) => {
        if (leaseOf(key, now) !== undefined) return Effect.succeedNone
        return Effect.map(stored(key), (before) => {
          const latest = Math.max(leases.get(key)?.token ?? 0, Option.isSome(before) ? before.value.version : 0)
          const token = Math.max(now, latest + 1)
          leases.set(key, { token, since: now })
          return Option.some({ key, token, duration })
        })
      }),
    renew: (lease) =>
      step((now) =>
        Effect.sync(() => {
          const held = isHeld(lease, now)
          if (held) leases.set(lease.key, { token: lease.token, since: now })
          return held
        })
      ),
    release: ({ key, token }) =>
      step(() =>
        Effect.sync(() => {
          // The token stays, for those that come after to be greater.
          if (leases.get(key)?.token === token) leases.set(key, { token, since: Number.POSITIVE_INFINITY })
        })
      ),
    set: (lease, value, timeToLive) =>
      step((now) => {
        if (!isHeld(lease, now)) return Effect.succeed(false)
        const expiresAt = now + Duration.toMillis(timeToLive)
        return Effect.as(store.set(lease.key, encode({ value, version: lease.token, expiresAt })), true)
      }),
    extend: (key, version, timeToLive) =>
      step((now) =>
        Effect.flatMap(live(key, now), (entry) => {
          if (Option.isNone(entry) || entry.value.version !== version) return Effect.succeed(false)
          const expiresAt = Math.max(entry.value.expiresAt, now + Duration.toMillis(timeToLive))
          return Effect.as(store.set(key, encode({ ...entry.value, expiresAt })), true)
        })
      ),
    remove: (key, version) =>
      step(() =>
        Effect.flatMap(stored(key), (entry) =>
          Option.isSome(entry) && entry.value.version === version ? store.remove(key) : Effect.void
        )
      )
  }
}
