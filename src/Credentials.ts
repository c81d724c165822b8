/**
 * The two secrets that a program supplies, as services whose values can change.
 *
 * @since 0.1.0
 * @module
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { CredentialsError } from "./AuthError.js"
import { flaw } from "./internal/secrets/suppliedText.js"

/**
 * An application's key and secret, from the portal's Key Management (the client identifier and password of RFC 6749
 * section 2.3.1).
 *
 * @since 0.1.0
 * @category models
 */
export interface App {
  readonly key: Redacted.Redacted
  readonly secret: Redacted.Redacted
}

/**
 * A UWS user: the login of a session. Managed accounts have a user of their own each.
 *
 * @since 0.1.0
 * @category models
 */
export interface Uws {
  readonly username: string
  readonly password: Redacted.Redacted
}

/**
 * Where the application's key and secret come from; the Effect is run at each acquisition of an access token.
 *
 * @since 0.1.0
 * @category tags
 */
export class AppCredentials extends Context.Tag("effect-thingspace-auth/AppCredentials")<
  AppCredentials,
  Effect.Effect<App, CredentialsError>
>() {}

/**
 * Where the username and password come from; the Effect is run at each attempt to log in.
 *
 * @since 0.1.0
 * @category tags
 */
export class UwsCredentials extends Context.Tag("effect-thingspace-auth/UwsCredentials")<
  UwsCredentials,
  Effect.Effect<Uws, CredentialsError>
>() {}

/**
 * A key and secret that do not change.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerApp = (credentials: App): Layer.Layer<AppCredentials> =>
  Layer.succeed(AppCredentials, Effect.succeed(credentials))

/**
 * A username and password that do not change.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerUws = (credentials: Uws): Layer.Layer<UwsCredentials> =>
  Layer.succeed(UwsCredentials, Effect.succeed(credentials))

/**
 * A key and secret read anew at each acquisition, so that rotating them in a vault needs no restart. A read that takes
 * longer than `ThingSpaceConfig`'s `requestTimeout` is a `CredentialsError`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAppEffect = <R>(
  credentials: Effect.Effect<App, CredentialsError, R>
): Layer.Layer<AppCredentials, never, R> =>
  Layer.effect(
    AppCredentials,
    Effect.map(Effect.context<R>(), (context) => Effect.provide(credentials, context))
  )

/**
 * A username and password read anew at each attempt to log in: a refused password is not sent again, a different one is.
 * A read that takes longer than `ThingSpaceConfig`'s `requestTimeout` is a `CredentialsError`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import * as Ref from "effect/Ref"
 * import { Credentials, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
 *
 * const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults
 *
 * const vault = await Effect.runPromise(Ref.make("yesterday's password"))
 * const user = Effect.map(Ref.get(vault), (password) => ({ username, password: Redacted.make(password) }))
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
 *   const refused = yield* Effect.flip(client.get(`/api/m2m/v1/accounts/${account}`))
 *   yield* Ref.set(vault, password)
 *   const response = yield* client.get(`/api/m2m/v1/accounts/${account}`)
 *   console.log(refused._tag, response.status) // => SessionError 200
 * })
 *
 * const ThingSpaceTest = ThingSpaceHttpClient.layerFromCredentials().pipe(
 *   Layer.provide(Credentials.layerApp({ key: Redacted.make(appKey), secret: Redacted.make(appSecret) })),
 *   Layer.provide(Credentials.layerUwsEffect(user)),
 *   Layer.provide(ThingSpaceEmulator.layer())
 * )
 *
 * await Effect.runPromise(Effect.provide(program, ThingSpaceTest))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerUwsEffect = <R>(
  credentials: Effect.Effect<Uws, CredentialsError, R>
): Layer.Layer<UwsCredentials, never, R> =>
  Layer.effect(
    UwsCredentials,
    Effect.map(Effect.context<R>(), (context) => Effect.provide(credentials, context))
  )

const present = <A>(name: string, config: Config.Config<A>, text: (value: A) => string): Config.Config<A> =>
  Config.mapOrFail(config, (value) => {
    if (text(value).trim() === "") {
      return Either.left(ConfigError.MissingData([], `Expected ${name} to have a value, but it is empty`))
    }
    const problem = flaw(text(value))
    return problem === undefined ? Either.right(value) : Either.left(ConfigError.InvalidData([], `${name} ${problem}`))
  })

const secret = (name: string): Config.Config<Redacted.Redacted> => present(name, Config.redacted(name), Redacted.value)

/**
 * The four variables of the environment: `THINGSPACE_APP_KEY`, `THINGSPACE_APP_SECRET`, `THINGSPACE_UWS_USERNAME` and
 * `THINGSPACE_UWS_PASSWORD`. One that begins or ends with a line break, a tab or a byte order mark is a `ConfigError`.
 *
 * @since 0.1.0
 * @category config
 */
export const config: Config.Config<App & Uws> = Config.all({
  key: secret("THINGSPACE_APP_KEY"),
  secret: secret("THINGSPACE_APP_SECRET"),
  username: present("THINGSPACE_UWS_USERNAME", Config.string("THINGSPACE_UWS_USERNAME"), (text) => text),
  password: secret("THINGSPACE_UWS_PASSWORD")
})

/**
 * Both secrets from the environment, read once. A variable that is missing or empty, or that `config` refuses, is a
 * `ConfigError` that names it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<AppCredentials | UwsCredentials, ConfigError.ConfigError> = Layer.unwrapEffect(
  Effect.map(config, (credentials) => Layer.merge(layerApp(credentials), layerUws(credentials)))
)
