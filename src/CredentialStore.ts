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
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { SharedLedgers } from "./internal/login/ledger.js"
import * as sharedLedgers from "./internal/login/sharedLedgers.js"
import * as keyValueBackend from "./internal/store/keyValue.js"
import { CredentialStore, type Service } from "./internal/store/reference.js"
import * as seal from "./internal/store/seal.js"
import { Tools } from "./internal/store/sharing.js"
import { tools } from "./internal/store/toolbox.js"

export {
  CredentialStore,
  CredentialStoreError,
  type Entry,
  type Lease,
  type Service
} from "./internal/store/reference.js"

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

/**
 * Seals what a store holds by a secret of its own, in place of the application secret: what is known of refused logins
 * then survives the rotation of that, and parts that are built without `AppCredentials` share as well.
 *
 * Every process that shares the store needs the same sealing secret; at least 32 random characters.
 *
 * @since 0.2.0
 * @category combinators
 */
export const sealedWith: {
  (secret: Redacted.Redacted): <E, R>(layer: Layer.Layer<CredentialStore, E, R>) => Layer.Layer<CredentialStore, E, R>
  <E, R>(layer: Layer.Layer<CredentialStore, E, R>, secret: Redacted.Redacted): Layer.Layer<CredentialStore, E, R>
} = dual(
  2,
  <E, R>(layer: Layer.Layer<CredentialStore, E, R>, secret: Redacted.Redacted): Layer.Layer<CredentialStore, E, R> =>
    Layer.unwrapEffect(
      Effect.map(Effect.cached(seal.makeOf(secret)), (sealing) =>
        Layer.map(layer, Context.add(Tools, { ...tools, sealing }))
      )
    )
)
