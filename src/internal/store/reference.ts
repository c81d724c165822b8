import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Service } from "../../CredentialStore.js"

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
 * The store in force, read when a layer is built: none by default.
 *
 * Provide it beneath the pipeline, by one of the layers here, which also bring what it takes to share through it. Parts that are put together by hand share through it only where the layers of
 * `LoginGuard` and `SessionSource` are built with `AppCredentials` and `UwsCredentials` at hand; a warning says so where
 * they are not.
 *
 * @since 0.1.0
 * @category references
 */
export class CredentialStore extends Context.Reference<CredentialStore>()("effect-thingspace-auth/CredentialStore", {
  defaultValue: (): Option.Option<Service> => Option.none()
}) {}
