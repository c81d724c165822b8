import * as HttpClient from "@effect/platform/HttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as RedisCredentialStore from "../../src/RedisCredentialStore.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { account, credentials, logging } from "../utils/pipeline.js"
import * as redis from "./redis.js"

/** How the members of a fleet reach what they share: each builds the layer for itself. */
export type Shared = Layer.Layer<CredentialStore.CredentialStore>

/** One process of a fleet, as far as its memory goes: nothing is shared with others but the platform and the store. */
export interface Member {
  readonly call: Effect.Effect<string>
  readonly run: <A, E>(effect: Effect.Effect<A, E, ThingSpaceHttpClient.Services>) => Effect.Effect<A, E>
  readonly log: ReturnType<typeof logging>
  /** Ends it as a program ends that shuts down. */
  readonly stop: Effect.Effect<void>
}

/** What became of a call: the status of the answer, or the tag of the failure. */
const outcome = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account)).pipe(
  Effect.match({ onSuccess: ({ status }) => `${status}`, onFailure: ({ _tag }) => _tag })
)

export interface Options extends Partial<ThingSpaceHttpClient.Options> {
  /** By how much the member's clock is ahead of the others'. */
  readonly ahead?: Duration.Duration
}

/** The test's own clock, which the member's may be ahead of. */
const clockOf = (by: Duration.Duration) =>
  Effect.map(Effect.clock, (clock) => {
    const millis = () => clock.unsafeCurrentTimeMillis() + Duration.toMillis(by)
    return Layer.setClock({
      ...clock,
      sleep: (time) => clock.sleep(time),
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      unsafeCurrentTimeMillis: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanos: clock.currentTimeNanos
    })
  })

/** The platform, whose clock is not that of the member who calls it. */
const atItsOwnTime = Effect.map(Effect.all([HttpClient.HttpClient, Effect.clock]), ([client, clock]) =>
  Layer.succeed(HttpClient.HttpClient, HttpClient.transformResponse(client, Effect.withClock(clock)))
)

export const member = (shared: Shared, options?: Options) =>
  Effect.gen(function* () {
    const platform = yield* atItsOwnTime
    const clock = yield* clockOf(options?.ahead ?? Duration.zero)
    const log = logging()
    const runtime = yield* Effect.acquireRelease(
      Effect.sync(() =>
        ManagedRuntime.make(
          ThingSpaceHttpClient.layer({ ...credentials, ...options }).pipe(
            Layer.orDie,
            Layer.provide(shared),
            Layer.provide(platform),
            Layer.provide(log.layer),
            Layer.provide(clock)
          )
        )
      ),
      (runtime) => runtime.disposeEffect
    )
    const run: Member["run"] = (effect) => Effect.provide(effect, runtime)
    return { call: run(outcome), run, log, stop: runtime.disposeEffect } satisfies Member
  })

export const fleet = (size: number, shared: Shared, options?: Options) =>
  Effect.all(Effect.replicate(member(shared, options), size))

export const counted = (outcomes: ReadonlyArray<string>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

export const all = <A, E, R>(effects: Iterable<Effect.Effect<A, E, R>>) =>
  Effect.all(effects, { concurrency: "unbounded" })

/** So many calls of every member, all at once. */
export const callsOf = (members: ReadonlyArray<Member>, each = 1) =>
  all(members.flatMap(({ call }) => Array.from({ length: each }, () => call)))

export const inMemory: Effect.Effect<Shared> = Effect.map(
  Effect.provide(KeyValueStore.KeyValueStore, KeyValueStore.layerMemory),
  (store) =>
    Layer.provide(Layer.fresh(CredentialStore.layerKeyValueStore), Layer.succeed(KeyValueStore.KeyValueStore, store))
)

export const inRedis = (url: Redacted.Redacted, leaseTime?: RedisCredentialStore.Options["leaseTime"]): Shared =>
  Layer.orDie(Layer.suspend(() => RedisCredentialStore.layer({ url, leaseTime })))

export const revoke = Effect.flatMap(TokenSource.TokenSource, (tokens) => tokens.revoke)
export const logout = Effect.flatMap(SessionSource.SessionSource, (sessions) => sessions.logout)
export const reset = Effect.flatMap(LoginGuard.LoginGuard, (guard) => guard.reset(credentials))
export const session = Effect.map(
  Effect.flatMap(SessionSource.SessionSource, (sessions) => sessions.get),
  ({ secret }) => Redacted.value(secret)
)

/** The stores over which a fleet is tested. */
export const stores = [
  { name: "a KeyValueStore", describe, shared: inMemory },
  {
    name: "Redis",
    describe: redis.describeWithRedis,
    shared: Effect.map(redis.make, ({ url }) => inRedis(url))
  }
]
