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
import type * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as CredentialStore from "./CredentialStore.js"
import * as connection from "./internal/store/redisConnection.js"
import * as scripts from "./internal/store/redisScripts.js"

/**
 * How the store uses Redis, whatever the connection.
 *
 * @since 0.2.0
 * @category models
 */
export interface StoreOptions {
  /** The prefix of every key. Default `effect-thingspace-auth:`. */
  readonly prefix?: string | undefined
  /**
   * How long a lease lasts unless it is renewed, and so how long others wait for a process that was killed while it
   * acquired for all. Default 10 seconds.
   */
  readonly leaseTime?: Duration.DurationInput | undefined
}

/**
 * TLS beyond a `rediss://` address. Node's own `NODE_EXTRA_CA_CERTS` works too, and needs none of this.
 *
 * @since 0.2.0
 * @category models
 */
export interface Tls {
  /** The certificate authorities to trust in place of Node's, in PEM. */
  readonly ca?: string | undefined
  /** The client's own certificate, in PEM. */
  readonly cert?: string | undefined
  /** The key of that certificate, in PEM. */
  readonly key?: Redacted.Redacted | undefined
  /** The name to expect in the server's certificate. Default: the host of the address. */
  readonly servername?: string | undefined
}

/**
 * Where Redis is: one server, a primary that Sentinel names, or a cluster.
 *
 * @since 0.1.0
 * @category models
 */
export type Options = StoreOptions & {
  readonly tls?: Tls | undefined
} & (
    | {
        /** `redis://` or, over TLS, `rediss://`, with the username and password that Redis asks for. */
        readonly url: Redacted.Redacted
      }
    | {
        /** The primary that these sentinels name. */
        readonly sentinel: {
          /** The name under which the sentinels know the primary. */
          readonly name: string
          /** The addresses of the sentinels, as `redis://host:26379`. */
          readonly urls: ReadonlyArray<Redacted.Redacted>
          /** What the primary asks for; the sentinels' own come with their addresses. */
          readonly username?: string | undefined
          readonly password?: Redacted.Redacted | undefined
        }
      }
    | {
        /** Some nodes of a Redis Cluster; it names the others. Each key is one slot of its own. */
        readonly cluster: ReadonlyArray<Redacted.Redacted>
      }
  )

/**
 * What the store asks of a client: a client, cluster, sentinel or pool of node-redis 5 or 6 is one as it is, and for
 * ioredis `{ eval: (script, { keys, arguments: rest }) => redis.eval(script, keys.length, ...keys, ...rest) }`.
 *
 * @since 0.2.0
 * @category models
 */
export interface Client {
  /** Runs a Lua script on one key: Redis's `EVAL`. */
  readonly eval: (script: string, options: { keys: Array<string>; arguments: Array<string> }) => Promise<unknown>
}

const Found = Schema.NullOr(Schema.Tuple(Schema.String, Schema.NumberFromString, Schema.NumberFromString))
const Token = Schema.NullOr(Schema.NumberFromString)
const Done = Schema.transformLiterals([0, false], [1, true])

const failure = (description: string) => new CredentialStore.CredentialStoreError({ description })

const millis = (time: Duration.Duration): number => Math.ceil(Duration.toMillis(time))

const over = (evaluate: connection.Evaluate, options: StoreOptions | undefined): CredentialStore.Service => {
  const prefix = options?.prefix ?? "effect-thingspace-auth:"
  const duration = Duration.decode(options?.leaseTime ?? "10 seconds")

  const run = <A, I>(
    script: string,
    key: string,
    parameters: ReadonlyArray<string | number>,
    answer: Schema.Schema<A, I>
  ): Effect.Effect<A, CredentialStore.CredentialStoreError> =>
    Effect.flatMap(evaluate(script, prefix + key, parameters.map(String)), (reply) =>
      Effect.mapError(Schema.decodeUnknown(answer)(reply), () => failure("Redis answered what was not asked"))
    )

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
}

/**
 * A store over a connection of its own, which is closed with the scope.
 *
 * An address that is not one is a `ConfigError`. A Redis that cannot be reached is not: building waits for it for at most
 * 2 seconds, and the connection is then made in the background. A server that answers READONLY, as the old primary does
 * after a failover, is left, and its address resolved again.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<CredentialStore.Service, ConfigError.ConfigError, Scope.Scope> =>
  Effect.map(connection.make(options), (evaluate) => over(evaluate, options))

/**
 * The store as a layer; provide it beneath the pipeline. Fails as `make` does.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<CredentialStore.CredentialStore, ConfigError.ConfigError> =>
  Layer.unwrapScoped(Effect.map(make(options), CredentialStore.layer))

/**
 * The store over a client of the program's own, which the program connects, watches and closes.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerFromClient = (client: Client, options?: StoreOptions): Layer.Layer<CredentialStore.CredentialStore> =>
  CredentialStore.layer(over(connection.evaluateWith(client), options))

/**
 * The store with its URL from the environment, `THINGSPACE_REDIS_URL`; a variable that is missing or no URL is a
 * `ConfigError`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: StoreOptions & { readonly tls?: Tls | undefined }
): Layer.Layer<CredentialStore.CredentialStore, ConfigError.ConfigError> =>
  Layer.unwrapEffect(Effect.map(Config.redacted("THINGSPACE_REDIS_URL"), (url) => layer({ ...options, url })))
