import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import { cost, paths, received } from "../utils/pipeline.js"
import * as processes from "./processes.js"
import * as redis from "./redis.js"
import { all, counted } from "./runtimes.js"

const platform = (options?: ThingSpaceEmulator.Options) =>
  Layer.provideMerge(
    ThingSpaceEmulator.serve(options),
    NodeHttpServer.layer(() => createServer({ keepAliveTimeout: 120_000 }), { host: "127.0.0.1", port: 0 })
  )

const emulator = ThingSpaceEmulator.ThingSpaceEmulator

const start = (size: number, server: redis.Server, options?: processes.Options) =>
  HttpServer.addressFormattedWith((url) =>
    Effect.all(Effect.replicate(processes.make(url, server, options), size), { concurrency: 4 })
  )

const callsOf = (members: ReadonlyArray<processes.Process>, times: number) =>
  Effect.map(all(members.map(({ calls }) => calls(times))), (outcomes) => counted(outcomes.flat()))

const loginUnderWay = Effect.repeat(received(paths.login), {
  until: (logins) => logins.length > 0,
  schedule: Schedule.spaced("10 millis")
})

const patient = { timeout: 180_000 }

redis.describeWithRedis("processes that share a Redis", () => {
  it.scopedLive(
    "start cold at once with one token request and one login",
    () =>
      Effect.gen(function* () {
        const members = yield* start(8, yield* redis.make)
        assert.deepStrictEqual(yield* callsOf(members, 20), { 200: 160 })
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        yield* Effect.flatMap(emulator, ({ endSessions, revokeAll }) => Effect.zipRight(endSessions, revokeAll))
        assert.deepStrictEqual(yield* callsOf(members, 20), { 200: 160 })
        assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
      }).pipe(Effect.provide(platform())),
    patient
  )

  it.scopedLive(
    "send a wrong password once, and the right one once",
    () =>
      Effect.gen(function* () {
        const server = yield* redis.make
        const members = yield* start(4, server, { password: "last-quarters-password" })
        const { LoginBlocked = 0, SessionError = 0, ...others } = yield* callsOf(members, 20)
        assert.strictEqual(LoginBlocked + SessionError, 80)
        assert.deepStrictEqual(others, {})
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        const corrected = yield* start(2, server)
        assert.deepStrictEqual(yield* callsOf(corrected, 20), { 200: 40 })
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
      }).pipe(Effect.provide(platform())),
    patient
  )

  it.scopedLive(
    "take over from one that is killed in the middle of its login, which counts as one that may have been refused",
    () =>
      Effect.gen(function* () {
        const [first, ...others] = yield* start(3, yield* redis.make, { hasty: true })
        const { failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.hang, { path: paths.login })
        if (first === undefined) return
        yield* Effect.fork(first.calls(1))
        yield* loginUnderWay
        const calling = yield* Effect.fork(callsOf(others, 5))
        yield* first.kill
        // The lease may end before the pause that follows a login of which nobody knows the outcome.
        const held = yield* Fiber.join(calling)
        assert.includeMembers(["200", "LoginBlocked"], Object.keys(held))
        yield* Effect.retry(
          Effect.filterOrFail(callsOf(others, 5), (said) => said["200"] === 10),
          Schedule.spaced("200 millis").pipe(Schedule.upTo("5 seconds"))
        )
        assert.strictEqual((yield* cost).logins, 2)
      }).pipe(Effect.provide(platform())),
    patient
  )

  it.scopedLive(
    "keep what they have got since from one that wakes up when its lease has ended",
    () =>
      Effect.gen(function* () {
        const [first, second, third] = yield* start(3, yield* redis.make, { hasty: true })
        if (first === undefined || second === undefined || third === undefined) return
        const sleeper = yield* Effect.fork(first.calls(1))
        yield* loginUnderWay
        yield* first.suspend
        // The lease may end before the pause that follows a login of which nobody knows the outcome.
        yield* Effect.retry(
          Effect.filterOrFail(second.calls(1), ([said]) => said === "200"),
          Schedule.spaced("200 millis").pipe(Schedule.upTo("5 seconds"))
        )
        assert.strictEqual((yield* cost).logins, 2)
        const [, later] = yield* Effect.flatMap(emulator, ({ liveSessions }) => liveSessions)
        yield* first.resume
        assert.deepStrictEqual(yield* Fiber.join(sleeper), ["200"])
        assert.deepStrictEqual(yield* third.calls(1), ["200"])
        const calls = (yield* received(`/api/m2m/v1/accounts/${ThingSpaceEmulator.defaults.account}`)).map(
          ({ headers }) => headers["vz-m2m-token"]
        )
        assert.deepStrictEqual(calls, [later, later, later])
        assert.strictEqual((yield* cost).logins, 2)
      }).pipe(Effect.provide(platform({ responseLatency: (_, path) => (path === paths.login ? "500 millis" : 0) }))),
    patient
  )
})
