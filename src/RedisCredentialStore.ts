/**
 * A `CredentialStore` in Redis, for a fleet: one login for all, one attempt with a wrong password for all.
 *
 * It needs the `redis` package, an optional peer, and is therefore not part of the main entry point, which works and is
 * bundled without: `import * as RedisCredentialStore from "effect-thingspace-auth/RedisCredentialStore"`.
 *
 * @since 0.1.0
 * @module
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { createClient } from "redis"
import * as CredentialStore from "./CredentialStore.js"
import * as scripts from "./internal/store/redisScripts.js"

/**
 * Where Redis is, and how it is used.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** `redis://` or, over TLS, `rediss://`, with the username and password that Redis asks for. */
  readonly url: Redacted.Redacted
  /** What the names of all keys begin with. Default `effect-thingspace-auth:`. */
  readonly prefix?: string | undefined
  /**
   * How long a lease lasts that is not renewed, and so how long others wait for a process that was killed while it
   * acquired for all. Default 10 seconds.
   */
  readonly leaseTime?: Duration.DurationInput | undefined
}

/** How long each attempt to connect may take, in milliseconds. */
const connectTimeout = 5000

/** A connection on which nothing comes for so long, not even the answer to a ping, has died without a word. */
const socketTimeout = 15_000
const pingInterval = 5000

const failure = (description: string) => new CredentialStore.CredentialStoreError({ description })

/** The system's code, or the code that an error reply begins with: the rest may hold anything. */
const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return "Redis failed"
  if ("code" in error && typeof error.code === "string") return `Redis cannot be reached (${error.code})`
  const reply = /^[A-Z]{2,}\b/.exec(error.message)?.[0]
  return reply === undefined ? "Redis cannot be reached" : `Redis answered ${reply}`
}

/** Without a URL the client would take whatever listens on this machine. */
const client = (url: Redacted.Redacted) =>
  Either.try({
    try: () =>
      createClient({
        url: new URL(Redacted.value(url)).href,
        disableOfflineQueue: true,
        pingInterval,
        socket: {
          connectTimeout,
          socketTimeout,
          reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 2000) * (0.5 + Math.random() / 2)
        }
      }),
    catch: () => ConfigError.InvalidData([], "Expected the URL of a Redis server, as redis://host:6379")
  })

/**
 * Waits for the first attempt to connect and leaves the others to the background, so that a fleet starts also where Redis
 * is away. A store that cannot be reached is found out when it is asked.
 */
const connected = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const redis = yield* Effect.acquireRelease(client(url), (redis) => Effect.sync(() => redis.destroy()))
    const attempted = yield* Deferred.make<void>()
    const done = () => Deferred.unsafeDone(attempted, Effect.void)
    redis.on("ready", done).on("error", done)
    yield* Effect.forkDaemon(Effect.ignore(Effect.tryPromise(() => redis.connect())))
    yield* Effect.interruptible(Deferred.await(attempted))
    return redis
  })

const Found = Schema.NullOr(Schema.Tuple(Schema.String, Schema.NumberFromString, Schema.NumberFromString))
const Token = Schema.NullOr(Schema.NumberFromString)
const Done = Schema.transformLiterals([0, false], [1, true])

/**
 * A store over a connection of its own, which is closed with the scope. A URL that is not one is a `ConfigError`; a Redis
 * that cannot be reached is not: it is waited for in the background.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<CredentialStore.Service, ConfigError.ConfigError, Scope.Scope> =>
  Effect.map(connected(options.url), (redis): CredentialStore.Service => {
    const prefix = options.prefix ?? "effect-thingspace-auth:"
    const duration = Duration.decode(options.leaseTime ?? "10 seconds")

    const run = <A, I>(
      script: string,
      key: string,
      parameters: ReadonlyArray<string | number>,
      answer: Schema.Schema<A, I>
    ): Effect.Effect<A, CredentialStore.CredentialStoreError> =>
      Effect.flatMap(
        Effect.tryPromise({
          try: () => redis.eval(script, { keys: [prefix + key], arguments: parameters.map(String) }),
          catch: (error) => failure(reason(error))
        }),
        (reply) =>
          Effect.mapError(Schema.decodeUnknown(answer)(reply), () => failure("Redis answered what was not asked"))
      )

    const millis = (time: Duration.Duration): number => Math.ceil(Duration.toMillis(time))

    return {
      get: (key) =>
        Effect.map(run(scripts.get, key, [], Found), (found) =>
          found === null
            ? Option.none()
            : Option.some({ value: found[0], version: found[1], timeToLive: Duration.millis(found[2]) })
        ),
      lease: (key) =>
        Effect.map(run(scripts.lease, key, [millis(duration)], Token), (token) =>
          token === null ? Option.none() : Option.some({ key, token, duration })
        ),
      renew: ({ key, token }) => run(scripts.renew, key, [token, millis(duration)], Done),
      release: ({ key, token }) => run(scripts.release, key, [token], Done),
      set: ({ key, token }, value, timeToLive) => run(scripts.set, key, [token, value, millis(timeToLive)], Done),
      extend: (key, version, timeToLive) => run(scripts.extend, key, [version, millis(timeToLive)], Done),
      remove: (key, version) => run(scripts.remove, key, [version], Done)
    }
  })

/**
 * The store as a layer; provide it beneath the pipeline.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<CredentialStore.CredentialStore, ConfigError.ConfigError> =>
  Layer.unwrapScoped(Effect.map(make(options), CredentialStore.layer))

/**
 * The store with its URL from the environment, `THINGSPACE_REDIS_URL`; where it is missing or is none, a `ConfigError`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: Omit<Options, "url">
): Layer.Layer<CredentialStore.CredentialStore, ConfigError.ConfigError> =>
  Layer.unwrapEffect(Effect.map(Config.redacted("THINGSPACE_REDIS_URL"), (url) => layer({ ...options, url })))
