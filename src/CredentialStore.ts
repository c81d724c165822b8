/**
 * Where credentials live that outgrow one process: a fleet that logs in once, a job that starts every minute.
 *
 * By default nothing is shared, and nothing is paid for it. With a store in place, `TokenSource` and `SessionSource` look
 * there before they ask the platform, one process acquires for all, and `LoginGuard` remembers for all what was refused.
 * What is stored is encrypted under the application secret, and named by keyed hashes: a store learns no secret and no
 * username. After the secret has been rotated nothing that was stored before can be read; it is acquired anew.
 *
 * A store that is away, slow or full disturbs no process that holds credentials. One without acquires its own, and guards
 * its logins alone.
 *
 * @since 0.1.0
 * @module
 */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { SharedLedgers } from "./internal/login/ledger.js"
import * as sharedLedgers from "./internal/login/sharedLedgers.js"
import * as keyValueBackend from "./internal/store/keyValue.js"
import { CredentialStore, type CredentialStoreError } from "./internal/store/reference.js"
import { Tools } from "./internal/store/sharing.js"
import { tools } from "./internal/store/toolbox.js"

export { CredentialStore, CredentialStoreError } from "./internal/store/reference.js"

/**
 * What is stored under a key.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  /** Opaque text: ASCII, at most some kilobytes. */
  readonly value: string
  /** The fencing token of the lease under which it was written. */
  readonly version: number
  /** How long until the store forgets it, by the store's own clock. */
  readonly timeToLive: Duration.Duration
}

/**
 * The right to write under a key, for a while.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lease {
  readonly key: string
  /** The fencing token: greater than that of every lease and every entry that was under the key before. */
  readonly token: number
  /** How long it lasts from when it was taken or renewed, by the store's own clock. */
  readonly duration: Duration.Duration
}

/**
 * What a store does. Each operation is one atomic step, and all expiry is by the store's own clock, so that the clocks
 * of those who share it need not agree.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** What is stored under a key; none where nothing is, or where its time is over. */
  readonly get: (key: string) => Effect.Effect<Option.Option<Entry>, CredentialStoreError>
  /** Takes the lease on a key; none where somebody holds it. */
  readonly lease: (key: string) => Effect.Effect<Option.Option<Lease>, CredentialStoreError>
  /** Has a lease last for its whole duration from now on; false, and nothing done, where it has ended. */
  readonly renew: (lease: Lease) => Effect.Effect<boolean, CredentialStoreError>
  /** Ends a lease; does nothing where it has ended already. */
  readonly release: (lease: Lease) => Effect.Effect<void, CredentialStoreError>
  /** Stores a value with the lease's token as its version; false, and nothing stored, where the lease has ended. */
  readonly set: (
    lease: Lease,
    value: string,
    timeToLive: Duration.Duration
  ) => Effect.Effect<boolean, CredentialStoreError>
  /** Has an entry live at least so long from now on; false where it is not of this version any more. */
  readonly extend: (
    key: string,
    version: number,
    timeToLive: Duration.Duration
  ) => Effect.Effect<boolean, CredentialStoreError>
  /** Forgets an entry of this version; does nothing where there is another. */
  readonly remove: (key: string, version: number) => Effect.Effect<void, CredentialStoreError>
}

/**
 * A store of your own.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (store: Service): Layer.Layer<CredentialStore> =>
  Layer.succeedContext(
    Context.make(CredentialStore, Option.some(store)).pipe(
      Context.add(Tools, tools),
      Context.add(SharedLedgers, sharedLedgers.make)
    )
  )

/**
 * A store over a `KeyValueStore`, for one process at a time: over `KeyValueStore.layerFileSystem` it survives restarts.
 *
 * A `KeyValueStore` cannot compare before it writes. Pipelines of one process that share one are kept apart as in any
 * store; several processes that run at once over the same files may each log in, and the last to write wins. Use
 * `RedisCredentialStore` for those. What has outlived its time is never read, but stays until it is overwritten.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerKeyValueStore: Layer.Layer<CredentialStore, never, KeyValueStore.KeyValueStore> = Layer.unwrapEffect(
  Effect.map(KeyValueStore.KeyValueStore, (store) => layer(keyValueBackend.make(store)))
)
