import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * The store did not do what it was asked to. It never reaches the callers of the sources, which go on without a store.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialStoreError extends Schema.TaggedError<CredentialStoreError>(
  "effect-thingspace-auth/CredentialStoreError"
)("CredentialStoreError", {
  /** Why; it is printed, so it must hold no secret. */
  description: Schema.String
}) {
  override get message(): string {
    return `The credential store failed: ${this.description}`
  }
}

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
 * The store in force, read when a layer is built: none by default.
 *
 * Provide it beneath the pipeline, by one of the layers here, which also bring what it takes to share through it. Parts
 * that are put together by hand share under the application secret of their `TokenSource`, also if that is wrapped by a
 * spread or by `map`. `LoginGuard` needs it, or `AppCredentials`, when it is built; a warning says so if it has neither.
 *
 * @since 0.1.0
 * @category references
 */
export class CredentialStore extends Context.Reference<CredentialStore>()("effect-thingspace-auth/CredentialStore", {
  defaultValue: (): Option.Option<Service> => Option.none()
}) {}
