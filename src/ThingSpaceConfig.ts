/**
 * Where the platform is, and which origins may receive credentials.
 *
 * @since 0.1.0
 * @module
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as origin from "./internal/http/origin.js"

/**
 * The header that carries the session token: `vz-m2m-token` everywhere but at the vehicle messaging service (IMP).
 *
 * @since 0.1.0
 * @category models
 */
export type SessionHeader = "vz-m2m-token" | "sessiontoken"

/**
 * What a program can say of the platform.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The platform's address: https, or http on a loopback address. Default `https://thingspace.verizon.com`. */
  readonly baseUrl?: string | undefined
  /**
   * How long each authentication call may take, the body of its answer included. Also bounds reading credentials and
   * rejection bodies. Default 10 seconds.
   */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /**
   * The origins (scheme, host and port) that may receive credentials, and the session's header there. Default: those
   * of the platform's products with the default `baseUrl`, only its own origin with another.
   */
  readonly origins?: ReadonlyMap<string, SessionHeader> | undefined
}

/**
 * The settings, complete and checked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly baseUrl: string
  readonly requestTimeout: Duration.Duration
  readonly origins: ReadonlyMap<string, SessionHeader>
}

const production = "https://thingspace.verizon.com"

const productionOrigins: ReadonlyMap<string, SessionHeader> = new Map([
  [production, "vz-m2m-token"],
  ["https://5gedge.verizon.com", "vz-m2m-token"],
  ["https://imp.thingspace.verizon.com", "sessiontoken"]
])

const originsOf = (base: string): ReadonlyMap<string, SessionHeader> =>
  base === production ? new Map(productionOrigins) : new Map([[base, "vz-m2m-token"]])

const defaults: Settings = {
  baseUrl: production,
  requestTimeout: Duration.seconds(10),
  origins: productionOrigins
}

/**
 * The settings in force, read once when a layer is built. Default: production. Provide it beneath the pipeline.
 *
 * @since 0.1.0
 * @category references
 */
export class ThingSpaceConfig extends Context.Reference<ThingSpaceConfig>()("effect-thingspace-auth/ThingSpaceConfig", {
  defaultValue: (): Settings => defaults
}) {}

/**
 * Completes and checks settings. An address is a `ConfigError` if it is malformed, holds a username, or is neither https
 * nor http on a loopback address.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Either.Either<Settings, ConfigError.ConfigError> =>
  Either.gen(function* () {
    const baseUrl = yield* checked(["baseUrl"], options.baseUrl ?? production)
    const origins = new Map<string, SessionHeader>()
    for (const [address, header] of options.origins ?? []) {
      const allowed = yield* checked(["origins"], address)
      origins.set(allowed.origin, header)
    }
    return {
      baseUrl: baseUrl.href,
      requestTimeout: Duration.decode(options.requestTimeout ?? defaults.requestTimeout),
      origins:
        options.origins !== undefined
          ? origins
          : options.baseUrl === undefined
            ? productionOrigins
            : originsOf(baseUrl.origin)
    }
  })

const checked = (path: ReadonlyArray<string>, address: string): Either.Either<origin.Base, ConfigError.ConfigError> =>
  Either.mapLeft(origin.parseBase(address), (problem) => ConfigError.InvalidData([...path], problem))

/**
 * Settings for the layers beneath it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<ThingSpaceConfig, ConfigError.ConfigError> =>
  Layer.effect(ThingSpaceConfig, make(options))

/**
 * The settings, with what the options say in their place. Origins that the program gave stay, and must then include a new
 * address.
 *
 * @internal
 */
export const override = (settings: Settings, options: Options): Either.Either<Settings, ConfigError.ConfigError> =>
  Either.gen(function* () {
    const requestTimeout = Duration.decode(options.requestTimeout ?? settings.requestTimeout)
    if (options.baseUrl === undefined && options.origins === undefined) {
      return options.requestTimeout === undefined ? settings : { ...settings, requestTimeout }
    }
    const own = yield* make({ baseUrl: settings.baseUrl })
    const given = isSamePlatform(settings, own) ? undefined : settings.origins
    return yield* make({
      baseUrl: options.baseUrl ?? settings.baseUrl,
      requestTimeout,
      origins: options.origins ?? given
    })
  })

/** @internal */
export const isSamePlatform = (one: Settings, other: Settings): boolean =>
  one === other || (one.baseUrl === other.baseUrl && String([...one.origins]) === String([...other.origins]))

/**
 * Whether nobody has said where the platform is.
 *
 * @internal
 */
export const isUnsaid = ({ origins }: Settings): boolean => origins === productionOrigins

/**
 * Takes the address from the environment, `THINGSPACE_BASE_URL`; if it is not set, the settings stay as they are. Origins
 * that the program gave stay in any case, and must then include the new address.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<ThingSpaceConfig, ConfigError.ConfigError> = Layer.effect(
  ThingSpaceConfig,
  Effect.gen(function* () {
    const settings = yield* ThingSpaceConfig
    const base = yield* Config.option(
      Config.mapOrFail(Config.string("THINGSPACE_BASE_URL"), (address) => checked([], address))
    )
    return yield* override(settings, { baseUrl: Option.getOrUndefined(Option.map(base, ({ href }) => href)) })
  })
)
