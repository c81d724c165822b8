import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account, credentials, logging, paths } from "../utils/pipeline.js"

/** A platform, reached by nothing but an `HttpClient`: what guards know of it is the process's. */
const platform = (options?: ThingSpaceEmulator.Options) =>
  Effect.map(Layer.build(ThingSpaceEmulator.layer(options)), (context) => {
    const { exchanges, lockedUsers } = Context.get(context, ThingSpaceEmulator.ThingSpaceEmulator)
    return {
      client: Layer.succeed(HttpClient.HttpClient, Context.get(context, HttpClient.HttpClient)),
      lockedUsers,
      logins: Effect.map(exchanges, (all) => all.filter(({ path }) => path === paths.login).length)
    }
  })

const wrong = { ...credentials, password: Redacted.make("last-quarters-password") }

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))

const outcome = Effect.match(call, { onSuccess: ({ status }) => `${status}`, onFailure: ({ _tag }) => _tag })

/** What a program that calls ten times with a wrong password meets. */
const refusedOnce = ["SessionError", ...Array.from({ length: 9 }, () => "LoginBlocked")]

const tenTimes = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.replicateEffect(effect, 10)

describe("a wrong password is sent once", () => {
  it.scoped("by a layer that is provided for each request", () =>
    Effect.gen(function* () {
      const { client, lockedUsers, logins } = yield* platform()
      const live = Layer.provide(ThingSpaceHttpClient.layer(wrong), client)
      assert.deepStrictEqual(yield* tenTimes(Effect.provide(outcome, live)), refusedOnce)
      assert.strictEqual(yield* logins, 1)
      assert.deepStrictEqual(yield* lockedUsers, [])
    })
  )

  it.scoped("by requests that provide it at the same time", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform({ responseLatency: "20 millis" })
      const live = Layer.provide(ThingSpaceHttpClient.layer(wrong), client)
      const all = yield* Effect.fork(
        Effect.all(Effect.replicate(Effect.provide(outcome, live), 10), { concurrency: "unbounded" })
      )
      yield* Effect.repeatN(TestClock.adjust("20 millis"), 30)
      assert.deepStrictEqual([...(yield* all)].sort().reverse(), refusedOnce)
      assert.strictEqual(yield* logins, 1)
    })
  )

  it.scoped("by Effect.retry around it", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform()
      const live = Layer.provide(ThingSpaceHttpClient.layer(wrong), client)
      const error = yield* Effect.flip(Effect.retry(Effect.provide(call, live), { times: 9 }))
      assert.strictEqual(error._tag, "LoginBlocked")
      assert.strictEqual(yield* logins, 1)
    })
  )

  it.scoped("by layers that are made anew", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform()
      const made = Effect.suspend(() => Effect.provide(outcome, ThingSpaceHttpClient.layer(wrong)))
      assert.deepStrictEqual(yield* Effect.provide(tenTimes(made), client), refusedOnce)
      assert.strictEqual(yield* logins, 1)
    })
  )

  it.scoped("by a LayerMap whose layers are released", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform()
      const accounts = yield* LayerMap.make((_: string) => Layer.provide(ThingSpaceHttpClient.layer(wrong), client), {
        idleTimeToLive: Duration.zero
      })
      assert.deepStrictEqual(yield* tenTimes(Effect.provide(outcome, accounts.get("an account"))), refusedOnce)
      assert.strictEqual(yield* logins, 1)
    })
  )

  it.scopedLive("by several runtimes", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform()
      const user = { ...wrong, username: "the user of several runtimes" }
      const outcomes = yield* Effect.forEach(Array.from({ length: 10 }), () => {
        const runtime = ManagedRuntime.make(Layer.provide(ThingSpaceHttpClient.layer(user), client))
        return Effect.promise(() => runtime.runPromise(outcome).finally(() => runtime.dispose()))
      })
      assert.deepStrictEqual(outcomes, refusedOnce)
      assert.strictEqual(yield* logins, 1)
    })
  )

  it.scopedLive("by modules that are evaluated again, as hot reload does", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform()
      const user = { ...wrong, username: "the user of a program that is reloaded" }
      const modules = new Set<unknown>()
      const outcomes = yield* Effect.forEach(Array.from({ length: 3 }), () =>
        Effect.gen(function* () {
          vi.resetModules()
          const { ThingSpaceHttpClient } = yield* Effect.promise(() => import("../../src/index.js"))
          modules.add(ThingSpaceHttpClient)
          return yield* Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (again) => again.get(account)).pipe(
            Effect.match({ onSuccess: ({ status }) => `${status}`, onFailure: ({ _tag }) => _tag }),
            Effect.provide(Layer.provide(ThingSpaceHttpClient.layer(user), client))
          )
        })
      )
      assert.strictEqual(modules.size, 3)
      assert.deepStrictEqual(outcomes, refusedOnce.slice(0, 3))
      assert.strictEqual(yield* logins, 1)
    })
  )

  it.scoped("for a user whose name is composed in one place and decomposed in another", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform()
      const calls = ["Jos\u00e9", "Jose\u0301", "JOS\u00c9 "].map((username) =>
        Effect.provide(outcome, ThingSpaceHttpClient.layer({ ...wrong, username }))
      )
      assert.deepStrictEqual(yield* Effect.provide(Effect.all(calls), client), refusedOnce.slice(0, 3))
      assert.strictEqual(yield* logins, 1)
    })
  )
})

describe("what is known of logins is kept apart", () => {
  it.scoped("for two platforms in one process", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform()
      const at = (baseUrl: string, options: ThingSpaceHttpClient.Options) =>
        Effect.provide(
          outcome,
          ThingSpaceHttpClient.layer(options).pipe(
            Layer.provide(ThingSpaceConfig.layer({ baseUrl })),
            Layer.provide(client)
          )
        )
      assert.strictEqual(yield* at("https://one.example", wrong), "SessionError")
      assert.strictEqual(yield* at("https://another.example", credentials), "200")
      assert.strictEqual(yield* at("https://another.example", wrong), "SessionError")
      assert.strictEqual(yield* at("https://one.example", wrong), "LoginBlocked")
      assert.strictEqual(yield* logins, 3)
    })
  )

  it.scoped("for tests that run under a TestClock each", () =>
    Effect.gen(function* () {
      const { client } = yield* platform()
      const live = Layer.provide(ThingSpaceHttpClient.layer(wrong), client)
      const test = Effect.provide(Effect.provide(outcome, live), TestContext.TestContext)
      assert.deepStrictEqual(yield* Effect.all([test, test]), ["SessionError", "SessionError"])
    })
  )

  it.scoped("for tenants that have a memory each", () =>
    Effect.gen(function* () {
      const { client } = yield* platform()
      const tenant = ThingSpaceHttpClient.layer(wrong).pipe(
        Layer.provide(LoginGuard.layerMemory),
        Layer.provide(client)
      )
      assert.deepStrictEqual(yield* tenTimes(Effect.provide(outcome, tenant)), Array(10).fill("SessionError"))
    })
  )

  it.live("for emulated platforms", () =>
    Effect.gen(function* () {
      const test = Effect.provide(outcome, Layer.provide(ThingSpaceHttpClient.layer(wrong), ThingSpaceEmulator.layer()))
      assert.deepStrictEqual(yield* Effect.all([test, test]), ["SessionError", "SessionError"])
    })
  )
})

describe("a pipeline that is built for each request", () => {
  it.scoped("is warned of once, by the name of what to use instead", () =>
    Effect.gen(function* () {
      const { client, logins } = yield* platform()
      const log = logging()
      const live = ThingSpaceHttpClient.layer(credentials).pipe(Layer.provide(client), Layer.provide(log.layer))
      yield* tenTimes(Effect.provide(outcome, live))
      assert.strictEqual(yield* logins, 10)
      assert.lengthOf(
        log.at("WARN").filter((line) => line.includes("ManagedRuntime")),
        1
      )
    })
  )
})
