import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import { cost, paths, received } from "../utils/pipeline.js"
import * as redis from "./redis.js"
import { all, callsOf, counted, fleet, inRedis, type Member, member, session } from "./runtimes.js"

const platform = ThingSpaceEmulator.layer({ requestLatency: "20 millis", responseLatency: "20 millis" })
const emulator = ThingSpaceEmulator.ThingSpaceEmulator

/** Its members tell the store each second that the session lives on, instead of each minute. */
const hasty = { idleTimeout: "4 seconds" } as const

const wrong = { password: Redacted.make("last-quarters-password") }

const warnings = ({ log }: Member) => log.at("WARN").filter((text) => text.includes("credential store"))

/** A fleet that holds credentials, and the Redis through which it shares them. */
const running = (size: number) =>
  Effect.gen(function* () {
    const server = yield* redis.make
    const shared = inRedis(server.url, "1 second")
    const members = yield* fleet(size, shared, hasty)
    assert.deepStrictEqual(counted(yield* callsOf(members)), { 200: size })
    return { server, shared, members }
  })

/** Calls again and again while something happens; says what became of the calls. */
const underLoad = <A, E, R>(members: ReadonlyArray<Member>, happens: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const outcomes: Array<string> = []
    const calling = yield* Effect.fork(
      Effect.repeat(
        Effect.map(callsOf(members), (some) => void outcomes.push(...some)),
        Schedule.spaced("50 millis")
      )
    )
    const result = yield* happens
    yield* Fiber.interrupt(calling)
    return { outcomes: counted(outcomes), result }
  })

const sessionsOf = (members: ReadonlyArray<Member>) =>
  Effect.map(all(members.map(({ run }) => run(session))), (sessions) => new Set(sessions))

/** Waits until all have the same session, telling the store of it by their calls. */
const converged = (members: ReadonlyArray<Member>) =>
  Effect.repeat(Effect.zipRight(callsOf(members), sessionsOf(members)), {
    while: (sessions) => sessions.size > 1,
    schedule: Schedule.spaced("200 millis").pipe(Schedule.upTo("15 seconds"))
  }).pipe(Effect.zipRight(sessionsOf(members)))

redis.describeWithRedis("a fleet whose Redis", () => {
  it.scopedLive("is away from the start works, each member for itself, and converges when it comes", () =>
    Effect.gen(function* () {
      const server = yield* redis.make
      yield* server.kill
      const members = yield* fleet(3, inRedis(server.url), hasty)
      assert.deepStrictEqual(counted(yield* callsOf(members, 10)), { 200: 30 })
      assert.deepStrictEqual(yield* cost, { tokens: 3, logins: 3 })
      for (const one of members) assert.lengthOf(warnings(one), 1)
      yield* server.start
      assert.strictEqual((yield* converged(members)).size, 1)
      assert.deepStrictEqual(yield* cost, { tokens: 3, logins: 3 })
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("is killed under load and restarted empty fails no call, and converges on one session", () =>
    Effect.gen(function* () {
      const { members, server, shared } = yield* running(4)
      const { outcomes, result: newcomer } = yield* underLoad(
        members,
        Effect.gen(function* () {
          yield* server.kill
          yield* Effect.sleep("1500 millis")
          const newcomer = yield* member(shared, hasty)
          assert.strictEqual(yield* newcomer.call, "200")
          yield* Effect.sleep("500 millis")
          yield* server.start
          yield* Effect.sleep("500 millis")
          return newcomer
        })
      )
      assert.deepStrictEqual(Object.keys(outcomes), ["200"])
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
      assert.strictEqual((yield* converged([...members, newcomer])).size, 1)
      yield* Effect.flatMap(emulator, ({ endSessions }) => endSessions)
      assert.deepStrictEqual(counted(yield* callsOf([...members, newcomer], 5)), { 200: 25 })
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 3 })
      for (const one of members) assert.lengthOf(warnings(one), 1)
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive(
    "answers nothing for a while disturbs nobody who holds credentials, and keeps a newcomer for a moment",
    () =>
      Effect.gen(function* () {
        const { members, server, shared } = yield* running(3)
        const newcomer = yield* member(shared, hasty)
        yield* newcomer.run(Effect.void)
        const { outcomes } = yield* underLoad(
          members,
          Effect.gen(function* () {
            yield* server.pause
            assert.strictEqual(yield* newcomer.call, "200")
            yield* Effect.sleep("1 second")
            yield* server.resume
          })
        )
        assert.deepStrictEqual(Object.keys(outcomes), ["200"])
        assert.strictEqual((yield* converged([...members, newcomer])).size, 1)
        assert.isAtMost((yield* cost).logins, 2)
        for (const one of members) assert.isAtMost(warnings(one).length, 1)
      }).pipe(Effect.provide(platform))
  )

  for (const { name, spoil, mend } of [
    { name: "is read-only", spoil: ["REPLICAOF", "127.0.0.1", "1"], mend: ["REPLICAOF", "NO", "ONE"] },
    {
      name: "is full",
      spoil: ["CONFIG", "SET", "maxmemory", "1"],
      mend: ["CONFIG", "SET", "maxmemory", "0"]
    }
  ]) {
    it.scopedLive(`${name} lets newcomers have what it holds, and warns once for as long as that lasts`, () =>
      Effect.gen(function* () {
        const { members, server, shared } = yield* running(3)
        yield* server.command(...spoil)
        const newcomer = yield* member(shared, hasty)
        assert.strictEqual(yield* newcomer.call, "200")
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        yield* Effect.flatMap(emulator, ({ endSessions }) => endSessions)
        const fleet = [...members, newcomer]
        assert.deepStrictEqual(counted(yield* callsOf(fleet, 5)), { 200: 20 })
        assert.strictEqual((yield* cost).logins, 5)
        for (let round = 0; round < 4; round++) {
          yield* Effect.sleep("1 second")
          yield* callsOf(fleet)
        }
        for (const one of fleet) assert.lengthOf(warnings(one), 1)
        yield* server.command(...mend)
        yield* Effect.sleep("3 seconds")
        assert.strictEqual((yield* converged(fleet)).size, 1)
      }).pipe(Effect.provide(platform))
    )
  }

  it.scopedLive("loses everything in the middle of an acquisition heals with at most one login more", () =>
    Effect.gen(function* () {
      const server = yield* redis.make
      const members = yield* fleet(8, inRedis(server.url, "1 second"), hasty)
      yield* all(members.map(({ run }) => run(Effect.void)))
      const calling = yield* Effect.fork(callsOf(members))
      yield* Effect.repeat(received(paths.login), {
        until: (logins) => logins.length > 0,
        schedule: Schedule.spaced("5 millis")
      })
      yield* server.command("FLUSHALL")
      assert.deepStrictEqual(counted(yield* Fiber.join(calling)), { 200: 8 })
      assert.isAtMost((yield* cost).logins, 2)
      assert.strictEqual((yield* converged(members)).size, 1)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer({ responseLatency: "200 millis" })))
  )

  it.scopedLive("is restarted empty again and again does not have a wrong password sent again and again", () =>
    Effect.gen(function* () {
      const server = yield* redis.make
      const shared = inRedis(server.url)
      const members = yield* fleet(4, shared, wrong)
      yield* callsOf(members)
      assert.lengthOf(yield* received(paths.login), 1)
      for (let round = 0; round < 3; round++) {
        yield* server.kill
        assert.deepStrictEqual(counted(yield* callsOf(members)), { LoginBlocked: 4 })
        yield* server.start
        yield* Effect.sleep("5500 millis")
        assert.deepStrictEqual(counted(yield* callsOf(members)), { LoginBlocked: 4 })
        const newcomer = yield* member(shared, wrong)
        assert.strictEqual(yield* newcomer.call, "LoginBlocked")
      }
      assert.lengthOf(yield* received(paths.login), 1)
    }).pipe(Effect.provide(platform))
  )
})

redis.describeWithRedis("a fleet whose clocks differ", () => {
  it.scopedLive("shares credentials all the same, whoever got them", () =>
    Effect.gen(function* () {
      const server = yield* redis.make
      const shared = inRedis(server.url)
      const behind = yield* member(shared, { ahead: Duration.hours(-3) })
      const exact = yield* member(shared)
      const before = yield* member(shared, { ahead: Duration.hours(3) })
      for (const one of [behind, exact, before]) assert.strictEqual(yield* one.call, "200")
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
      yield* Effect.flatMap(emulator, ({ endSessions }) => endSessions)
      for (const one of [before, exact, behind]) assert.strictEqual(yield* one.call, "200")
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("holds a login back after an uncertain one by the time that has really passed", () =>
    Effect.gen(function* () {
      const server = yield* redis.make
      const shared = inRedis(server.url)
      const behind = yield* member(shared, { ahead: Duration.hours(-3) })
      const before = yield* member(shared, { ahead: Duration.hours(3) })
      const { failNext } = yield* emulator
      yield* failNext(ThingSpaceEmulator.lostResponse, { path: paths.login })
      assert.strictEqual(yield* behind.call, "EndpointError")
      assert.strictEqual(yield* before.call, "LoginBlocked")
      yield* Effect.sleep("2100 millis")
      assert.strictEqual(yield* before.call, "200")
      assert.strictEqual(yield* behind.call, "200")
      assert.lengthOf(yield* received(paths.login), 2)
    }).pipe(Effect.provide(platform))
  )
})
