import * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AccessToken } from "../../AccessToken.js"
import type { AuthError, TokenError } from "../../AuthError.js"
import { UwsCredentials } from "../../Credentials.js"
import * as Rejection from "../../Rejection.js"
import type { SessionToken } from "../../SessionToken.js"
import { isSamePlatform, isUnsaid, type Settings, ThingSpaceConfig } from "../../ThingSpaceConfig.js"
import * as latestUser from "../credential/latestUser.js"
import * as surroundings from "../http/surroundings.js"
import { CredentialStore } from "../store/reference.js"
import * as middleware from "./middleware.js"
import * as stage from "./stage.js"

type Client<E, R> = HttpClient.HttpClient.With<E, R>

/** Has a client carry credentials. The types of public combinators name it, so it is not stripped. */
export interface Carrying<Options, EA> {
  (options: Options): <E, R>(client: Client<E, R>) => Client<E | HttpClientError.HttpClientError | EA, R>
  <E, R>(client: Client<E, R>, options: Options): Client<E | HttpClientError.HttpClientError | EA, R>
}

interface TokenOptions {
  readonly tokens: stage.Source<AccessToken, TokenError>
  readonly config?: Settings | undefined
  readonly classify?: ((status: number, body: string) => Rejection.Rejection) | undefined
  /** The store that the pipeline was built with. Default `unknownStore`. */
  readonly store?: Option.Option<unknown>
}

interface BothOptions extends TokenOptions {
  readonly sessions: stage.Source<SessionToken, AuthError>
}

/**
 * Clients over sources do not know whether those share.
 *
 * @internal
 */
export const unknownStore: Option.Option<unknown> = Option.some(undefined)

/** What a caller's own context holds that was meant to stand beneath the client, which would do without it. */
const misplaced = (settings: Settings, store: Option.Option<unknown>) => (context: Context.Context<never>) => {
  if (isUnsaid(settings) && !isSamePlatform(Context.get(context, ThingSpaceConfig), settings)) {
    return "a ThingSpaceConfig stands beside this client, which was built for production: provide it beneath"
  }
  return Option.isNone(store) && Option.isSome(Context.get(context, CredentialStore))
    ? "a CredentialStore stands beside this client, which was built without one: provide it beneath"
    : undefined
}

const shared = ({
  classify = Rejection.classify,
  config = ThingSpaceConfig.defaultValue(),
  store = unknownStore,
  tokens
}: TokenOptions) => ({
  token: stage.ofTokenSource(tokens),
  settings: config,
  classify,
  misplaced: misplaced(config, store)
})

/** @internal */
export const accessToken = <E, R>(client: Client<E, R>, options: TokenOptions) =>
  middleware.make<E, R, TokenError, never>(client, { ...shared(options), session: undefined })

/** @internal */
export const both = <E, R>(client: Client<E, R>, options: BothOptions) =>
  middleware.make<E, R, TokenError, AuthError>(client, {
    ...shared(options),
    session: stage.ofSessionSource(options.sessions)
  })

/**
 * Keeps the headers that carry credentials out of spans and logs, for as long as the layer lives.
 *
 * @internal
 */
export const hidingHeaders = Effect.locallyScopedWith(Headers.currentRedactedNames, (names) =>
  surroundings.addNames(names, surroundings.credentialHeaders)
)

/**
 * Says what a pipeline was built with; its user only if no vault has to be read for that.
 *
 * @internal
 */
export const logBuilt: Effect.Effect<void, never, UwsCredentials> = Effect.gen(function* () {
  const { baseUrl } = yield* ThingSpaceConfig
  const sharing = Option.isNone(yield* CredentialStore) ? "without a store" : "with a store"
  const naming = latestUser.annotating(yield* UwsCredentials)
  yield* naming(Effect.logDebug("Built a pipeline", `${baseUrl}, ${sharing}`))
})
