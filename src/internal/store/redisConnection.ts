import * as ConfigError from "effect/ConfigError"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { createClient, createCluster, createSentinel } from "redis"
import { CredentialStoreError } from "./reference.js"

/**
 * Runs one script on one key.
 *
 * @internal
 */
export type Evaluate = (
  script: string,
  key: string,
  parameters: Array<string>
) => Effect.Effect<unknown, CredentialStoreError>

interface Client {
  readonly eval: (script: string, options: { keys: Array<string>; arguments: Array<string> }) => Promise<unknown>
}

/** What node-redis's client, sentinel and cluster have in common. */
interface Connection extends Client {
  readonly connect: () => Promise<unknown>
  readonly destroy: () => unknown
  readonly on: (event: "ready" | "error", listener: (event?: unknown) => void) => unknown
}

interface Tls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: Redacted.Redacted | undefined
  readonly servername?: string | undefined
}

interface Sentinel {
  readonly name: string
  readonly urls: ReadonlyArray<Redacted.Redacted>
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
}

/** @internal */
export type Options = { readonly tls?: Tls | undefined } & (
  | { readonly url: Redacted.Redacted }
  | { readonly sentinel: Sentinel }
  | { readonly cluster: ReadonlyArray<Redacted.Redacted> }
)

/** How long each attempt to connect may take, in milliseconds. */
const connectTimeout = 5000

/** A connection that brings nothing for this long, not even the answer to a ping, is dead. */
const socketTimeout = 15_000
const pingInterval = 5000

const untrusted = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)/
const refusesUser = /^(WRONGPASS|NOAUTH|NOPERM)$/

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined

/** The code at the start of an error reply; the rest of it may hold anything. */
const replyOf = (error: unknown): string | undefined =>
  error instanceof Error ? /^[A-Z]{2,}\b/.exec(error.message)?.[0] : undefined

const describe = (error: unknown): string => {
  const code = codeOf(error)
  if (code === "ECONNREFUSED") return `no Redis listens at this address (${code})`
  if (code !== undefined) {
    return untrusted.test(code)
      ? `the certificate of Redis is not trusted (${code}): NODE_EXTRA_CA_CERTS or tls.ca can name who issued it`
      : `Redis cannot be reached (${code})`
  }
  const reply = replyOf(error)
  if (reply === undefined) return "Redis cannot be reached"
  return refusesUser.test(reply) ? `Redis does not let this user in, or do this (${reply})` : `Redis answered ${reply}`
}

const failure = (error: unknown) => new CredentialStoreError({ description: describe(error) })

/**
 * Scripts over a client that somebody else connects.
 *
 * @internal
 */
export const evaluateWith =
  (client: Client): Evaluate =>
  (script, key, parameters) =>
    Effect.tryPromise({
      try: () => client.eval(script, { keys: [key], arguments: parameters }),
      catch: failure
    })

/** Without an address the client would take whatever listens on this machine. */
const addressOf = (url: Redacted.Redacted): Effect.Effect<URL, ConfigError.ConfigError> =>
  Effect.filterOrFail(
    Effect.try({ try: () => new URL(Redacted.value(url)), catch: () => notAddress }),
    ({ hostname, protocol }) => /^rediss?:$/.test(protocol) && hostname !== "",
    () => notAddress
  )

const notAddress = ConfigError.InvalidData([], "Expected the URL of a Redis server, as redis://host:6379")

const socketOf = (tls: Tls | undefined, isSecure: boolean) => ({
  connectTimeout,
  socketTimeout,
  // The client's own, not Effect's: it reconnects by itself, whatever becomes of our fibers.
  reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, 2000) * (0.5 + Math.random() / 2),
  ...(isSecure
    ? {
        tls: true as const,
        ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls?.key === undefined ? {} : { key: Redacted.value(tls.key) }),
        ...(tls?.servername === undefined ? {} : { servername: tls.servername })
      }
    : {})
})

const login = ({ password, username }: URL) => ({
  ...(username === "" ? {} : { username: decodeURIComponent(username) }),
  ...(password === "" ? {} : { password: decodeURIComponent(password) })
})

const isTls = ({ protocol }: URL): boolean => protocol === "rediss:"

/** How to make a connection anew; a name is resolved again each time. */
const dialer = (options: Options): Effect.Effect<() => Connection, ConfigError.ConfigError> =>
  Effect.gen(function* () {
    const { tls } = options
    if ("url" in options) {
      const url = yield* addressOf(options.url)
      return () =>
        createClient({ url: url.href, disableOfflineQueue: true, pingInterval, socket: socketOf(tls, isTls(url)) })
    }
    if ("cluster" in options) {
      const urls = yield* Effect.forEach(options.cluster, addressOf)
      const [first] = urls
      if (first === undefined) return yield* Effect.fail(notAddress)
      return () =>
        createCluster({
          rootNodes: urls.map(({ href }) => ({ url: href })),
          defaults: {
            disableOfflineQueue: true,
            pingInterval,
            socket: socketOf(tls, isTls(first)),
            ...login(first)
          }
        })
    }
    const { name, password, urls, username } = options.sentinel
    const sentinels = yield* Effect.forEach(urls, addressOf)
    const [first] = sentinels
    if (first === undefined) return yield* Effect.fail(notAddress)
    const socket = socketOf(tls, isTls(first))
    return () =>
      createSentinel({
        name,
        sentinelRootNodes: sentinels.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 26_379) })),
        sentinelClientOptions: { socket, ...login(first) },
        nodeClientOptions: {
          socket,
          pingInterval,
          ...(username === undefined ? {} : { username }),
          ...(password === undefined ? {} : { password: Redacted.value(password) })
        }
      })
  })

/** For how long building a layer waits for the first attempt to connect. */
const patience = Duration.seconds(2)

/**
 * Scripts over a connection that is made in the background, and made anew whenever the server turns out to be a replica.
 *
 * @internal
 */
export const make = (options: Options): Effect.Effect<Evaluate, ConfigError.ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const dial = yield* dialer(options)
    const attempted = yield* Deferred.make<void>()
    const handle = yield* FiberHandle.make<never, unknown>()
    let current: Connection | undefined
    let trouble: unknown
    let isReplacing = false

    const failed = (error: unknown): void => {
      trouble = error
      Deferred.unsafeDone(attempted, Effect.void)
    }
    const ready = (redis: Connection) => (): void => {
      current = redis
      trouble = undefined
      isReplacing = false
      Deferred.unsafeDone(attempted, Effect.void)
    }
    const session = Effect.acquireUseRelease(
      Effect.sync(() => {
        const redis = dial()
        redis.on("error", failed)
        return redis
      }),
      (redis) =>
        Effect.tryPromise(() => redis.connect()).pipe(
          Effect.zipRight(Effect.sync(ready(redis))),
          Effect.zipRight(Effect.never)
        ),
      (redis) =>
        Effect.zipRight(
          Effect.sync(() => {
            if (current === redis) current = undefined
          }),
          Effect.ignore(Effect.tryPromise(() => Promise.resolve(redis.destroy())))
        )
    ).pipe(
      Effect.tapError(({ error }) => Effect.sync(() => failed(error))),
      Effect.retry(Schedule.union(Schedule.exponential("100 millis"), Schedule.spaced("2 seconds")))
    )
    const reconnect = Effect.suspend(() => {
      if (isReplacing) return Effect.void
      isReplacing = true
      return Effect.asVoid(FiberHandle.run(handle, session))
    })

    yield* Effect.interruptible(reconnect)
    yield* Effect.interruptible(Effect.timeoutOption(Deferred.await(attempted), patience))
    return (script, key, parameters) =>
      Effect.suspend(() => {
        const redis = current
        if (redis === undefined) return Effect.fail(failure(trouble))
        return Effect.catchAll(
          Effect.tryPromise(() => redis.eval(script, { keys: [key], arguments: parameters })),
          ({ error }) =>
            Effect.zipRight(
              replyOf(error) === "READONLY" ? reconnect : Effect.void,
              // While the client reconnects it fails each command with that; its own trouble was told before.
              Effect.fail(failure((codeOf(error) ?? replyOf(error)) ? error : (trouble ?? error)))
            )
        )
      })
  })
