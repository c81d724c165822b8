import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import { account, cost, paths, received } from "../utils/pipeline.js"
import { all, callsOf, counted, fleet, member, reset, revoke, session, stores } from "./runtimes.js"

const latency = { requestLatency: "20 millis", responseLatency: "20 millis" } as const
const platform = ThingSpaceEmulator.layer(latency)
const emulator = ThingSpaceEmulator.ThingSpaceEmulator

const wrong = { password: Redacted.make("last-quarters-password") }

for (const { describe, name, shared } of stores) {
  describe(`a fleet that shares ${name}`, () => {
    it.scopedLive("starts cold with one token request and one login", () =>
      Effect.gen(function* () {
        const members = yield* fleet(50, yield* shared)
        assert.deepStrictEqual(counted(yield* callsOf(members)), { 200: 50 })
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        assert.deepStrictEqual(counted(yield* callsOf(members)), { 200: 50 })
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        const sessions = yield* all(members.map(({ run }) => run(session)))
        assert.strictEqual(new Set(sessions).size, 1)
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("sends a wrong password once, whoever has it, and logs in once more with the right one", () =>
      Effect.gen(function* () {
        const store = yield* shared
        const members = yield* fleet(50, store, wrong)
        const outcomes = counted(yield* callsOf(members, 20))
        assert.strictEqual((outcomes.SessionError ?? 0) + (outcomes.LoginBlocked ?? 0), 1000)
        assert.strictEqual((yield* cost).logins, 1)
        assert.deepStrictEqual(counted(yield* callsOf(members, 20)), { LoginBlocked: 1000 })
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        const corrected = yield* fleet(50, store)
        assert.deepStrictEqual(counted(yield* callsOf(corrected)), { 200: 50 })
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
        assert.deepStrictEqual(yield* Effect.flatMap(emulator, ({ lockedUsers }) => lockedUsers), [])
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("does not send a refused password again because others have logged in with another since", () =>
      Effect.gen(function* () {
        const store = yield* shared
        const right = yield* member(store)
        const mistaken = yield* member(store, wrong)
        assert.strictEqual(yield* mistaken.call, "SessionError")
        const { endSessions } = yield* emulator
        for (let round = 0; round < 3; round++) {
          assert.strictEqual(yield* right.call, "200")
          assert.strictEqual(yield* mistaken.call, "LoginBlocked")
          yield* endSessions
        }
        assert.strictEqual((yield* cost).logins, 4)
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("gives no session to who has the wrong password, while others have the right one", () =>
      Effect.gen(function* () {
        const store = yield* shared
        const right = yield* member(store)
        const mistaken = yield* member(store, wrong)
        assert.strictEqual(yield* right.call, "200")
        assert.strictEqual(yield* mistaken.call, "SessionError")
        assert.strictEqual(yield* mistaken.call, "LoginBlocked")
        assert.strictEqual(yield* right.call, "200")
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("renews a token that one of them has revoked with one request", () =>
      Effect.gen(function* () {
        const members = yield* fleet(10, yield* shared)
        yield* callsOf(members)
        const [first] = members
        if (first !== undefined) yield* first.run(revoke)
        assert.deepStrictEqual(counted(yield* callsOf(members, 5)), { 200: 50 })
        assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 1 })
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("replaces a session that was ended elsewhere with one login", () =>
      Effect.gen(function* () {
        const members = yield* fleet(10, yield* shared)
        yield* callsOf(members)
        yield* Effect.flatMap(emulator, ({ endSessions }) => endSessions)
        assert.deepStrictEqual(counted(yield* callsOf(members, 5)), { 200: 50 })
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("uses a token that the platform has handed back, instead of asking for it in turn", () =>
      Effect.gen(function* () {
        const members = yield* fleet(10, yield* shared)
        yield* callsOf(members)
        const { failNext } = yield* emulator
        const body = JSON.stringify({ fault: { code: "900901", message: "Invalid Credentials" } })
        yield* failNext(ThingSpaceEmulator.answer(401, { body }), { path: account, times: 10 })
        yield* callsOf(members)
        assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 1 })
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("shares a failure of the token endpoint with those who waited, and asks anew for the next", () =>
      Effect.gen(function* () {
        const members = yield* fleet(10, yield* shared)
        const { failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.answer(503), { path: paths.token })
        const outcomes = counted(yield* callsOf(members, 5))
        assert.strictEqual(outcomes.EndpointError, 50)
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 0 })
        assert.deepStrictEqual(counted(yield* callsOf(members, 5)), { 200: 50 })
        assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 1 })
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("holds the next login back after one whose outcome nobody knows", () =>
      Effect.gen(function* () {
        const store = yield* shared
        const first = yield* member(store)
        const second = yield* member(store)
        const { failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.lostResponse, { path: paths.login })
        assert.strictEqual(yield* first.call, "EndpointError")
        assert.strictEqual(yield* second.call, "LoginBlocked")
        assert.lengthOf(yield* received(paths.login), 1)
        yield* Effect.sleep("2100 millis")
        assert.strictEqual(yield* second.call, "200")
        assert.strictEqual(yield* first.call, "200")
        assert.lengthOf(yield* received(paths.login), 2)
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("forgets a refusal everywhere when one of them resets the guard", () =>
      Effect.gen(function* () {
        const members = yield* fleet(3, yield* shared, wrong)
        yield* callsOf(members)
        const { changePassword } = yield* emulator
        yield* changePassword(ThingSpaceEmulator.defaults.username, Redacted.value(wrong.password))
        assert.deepStrictEqual(counted(yield* callsOf(members)), { LoginBlocked: 3 })
        const [first] = members
        if (first !== undefined) yield* first.run(reset)
        assert.deepStrictEqual(counted(yield* callsOf(members)), { 200: 3 })
        assert.strictEqual((yield* cost).logins, 2)
      }).pipe(Effect.provide(platform))
    )

    it.scopedLive("outlives its members: who starts later uses what they left", () =>
      Effect.gen(function* () {
        const store = yield* shared
        const first = yield* member(store)
        assert.strictEqual(yield* first.call, "200")
        yield* first.stop
        const second = yield* member(store)
        assert.strictEqual(yield* second.call, "200")
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
      }).pipe(Effect.provide(platform))
    )
  })
}
