import { setTimeout } from "node:timers/promises"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as keyValueBackend from "../../src/internal/store/keyValue.js"
import * as seal from "../../src/internal/store/seal.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as virtualClock from "../simulation/virtualClock.js"
import { cost, credentials, paths, received } from "../utils/pipeline.js"
import { member, reset } from "./runtimes.js"

const emulator = ThingSpaceEmulator.ThingSpaceEmulator
const { password, username } = ThingSpaceEmulator.defaults
const wrong = { password: Redacted.make("last-quarters-password") }

/** A store in the hands of somebody who can write it, and knows no secret. */
const stolen = Effect.sync(() => {
  const values = new Map<string, string>()
  const store = keyValueBackend.make(
    KeyValueStore.makeStringOnly({
      get: (key) => Effect.sync(() => Option.fromNullable(values.get(key))),
      set: (key, value) => Effect.sync(() => void values.set(key, value)),
      remove: (key) => Effect.sync(() => void values.delete(key)),
      clear: Effect.sync(() => values.clear()),
      size: Effect.sync(() => values.size)
    })
  )
  return {
    store,
    values,
    /** Puts records back as if they had just been written. */
    replay: (kept: ReadonlyMap<string, string>) => {
      for (const [key, text] of kept) {
        values.set(key, text.replace(/"expiresAt":[0-9]+/, `"expiresAt":${Date.now() + 30 * 86_400_000}`))
      }
    }
  }
})

/** Runs it with time passing as fast as it can. */
const fast = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const clock = virtualClock.make()
    const fiber = yield* Effect.fork(Effect.withClock(effect, clock.steady))
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* Effect.promise(() => setTimeout(0))
      yield* clock.advance(100)
    }
    return { result: yield* Fiber.join(fiber), seconds: clock.elapsed() / 1000 }
  })

const platform = ThingSpaceEmulator.layer()

describe("one who reads the store, and knows the application secret", () => {
  it.live("pays a slow hash for each password guessed", () =>
    Effect.gen(function* () {
      const vault = yield* seal.make(credentials)
      const guess = (n: number) => vault.ofUser({ username: `user ${n}`, password: Redacted.make(`guess ${n}`) })
      yield* guess(0)
      const before = process.cpuUsage()
      for (let n = 1; n <= 10; n++) yield* guess(n)
      const { system, user } = process.cpuUsage(before)
      assert.isAbove((system + user) / 10, 2000, "microseconds of CPU")
    })
  )
})

describe("one who writes the store, and knows no secret", () => {
  it.scopedLive("cannot have a live process repeat what it saw refused, by putting back what was stored before", () =>
    Effect.gen(function* () {
      const { replay, store, values } = yield* stolen
      const { changePassword, endSessions } = yield* emulator
      const one = yield* member(CredentialStore.layer(store))
      assert.strictEqual(yield* one.call, "200")
      const accepted = new Map(values)
      yield* changePassword(username, "next-quarters-password")
      yield* endSessions
      assert.strictEqual(yield* one.call, "SessionError")
      for (let round = 0; round < 5; round++) {
        replay(accepted)
        assert.strictEqual(yield* one.call, "LoginBlocked")
      }
      assert.lengthOf(yield* received(paths.login), 2)
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("cannot do so by putting back a reset", () =>
    Effect.gen(function* () {
      const { replay, store, values } = yield* stolen
      const one = yield* member(CredentialStore.layer(store), wrong)
      assert.strictEqual(yield* one.call, "SessionError")
      yield* one.run(reset)
      const afterReset = new Map(values)
      assert.strictEqual(yield* one.call, "SessionError")
      for (let round = 0; round < 5; round++) {
        replay(afterReset)
        assert.strictEqual(yield* one.call, "LoginBlocked")
      }
      assert.lengthOf(yield* received(paths.login), 2)
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("cannot stop the logins of a live process by putting back a refusal", () =>
    Effect.gen(function* () {
      const { replay, store, values } = yield* stolen
      const { changePassword, endSessions } = yield* emulator
      yield* changePassword(username, "something else")
      const one = yield* member(CredentialStore.layer(store))
      assert.strictEqual(yield* one.call, "SessionError")
      const refused = new Map(values)
      yield* changePassword(username, password)
      yield* one.run(reset)
      assert.strictEqual(yield* one.call, "200")
      for (let round = 0; round < 5; round++) {
        replay(refused)
        yield* endSessions
        assert.strictEqual(yield* one.call, "200")
      }
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("cannot have a wrong password sent again by deleting all there is", () =>
    Effect.gen(function* () {
      const { store, values } = yield* stolen
      const members = [
        yield* member(CredentialStore.layer(store), wrong),
        yield* member(CredentialStore.layer(store), wrong)
      ]
      for (let round = 0; round < 5; round++) {
        for (const { call } of members) {
          values.clear()
          yield* call
        }
      }
      assert.lengthOf(yield* received(paths.login), 2)
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("costs a login by keeping a session alive that has ended", () =>
    Effect.gen(function* () {
      const { replay, store, values } = yield* stolen
      const { endSessions } = yield* emulator
      assert.strictEqual(yield* (yield* member(CredentialStore.layer(store))).call, "200")
      yield* endSessions
      replay(new Map(values))
      assert.strictEqual(yield* (yield* member(CredentialStore.layer(store))).call, "200")
      assert.strictEqual((yield* cost).logins, 2)
    }).pipe(Effect.provide(platform))
  )

  it.live("costs a wait of a minute and a half, once, by holding every lease for ever", () =>
    Effect.gen(function* () {
      const { store } = yield* stolen
      const { result, seconds } = yield* fast(
        Effect.scoped(
          Effect.gen(function* () {
            const one = yield* member(CredentialStore.layer({ ...store, lease: () => Effect.succeedNone }))
            const first = yield* one.call
            const began = yield* Effect.clockWith(({ currentTimeMillis }) => currentTimeMillis)
            yield* Effect.flatMap(emulator, ({ endSessions }) => endSessions)
            const second = yield* one.call
            const ended = yield* Effect.clockWith(({ currentTimeMillis }) => currentTimeMillis)
            return { first, second, millis: ended - began, ...(yield* cost) }
          }).pipe(Effect.provide(platform))
        )
      )
      const { millis, ...others } = result
      assert.deepStrictEqual(others, { first: "200", second: "200", tokens: 1, logins: 2 })
      assert.isBelow(seconds, 100)
      assert.isBelow(millis, 1000)
    })
  )

  it.live("cannot stop logins by ending every lease, nor have a wrong password sent again", () =>
    Effect.gen(function* () {
      const { store } = yield* stolen
      const ending = { ...store, set: () => Effect.succeed(false), renew: () => Effect.succeed(false) }
      const { result } = yield* fast(
        Effect.scoped(
          Effect.gen(function* () {
            const right = yield* member(CredentialStore.layer(ending))
            const mistaken = yield* member(CredentialStore.layer(ending), wrong)
            const outcomes = [yield* right.call, yield* mistaken.call, yield* mistaken.call, yield* mistaken.call]
            return { outcomes, logins: (yield* cost).logins }
          }).pipe(Effect.provide(platform))
        )
      )
      assert.deepStrictEqual(result, { outcomes: ["200", "SessionError", "LoginBlocked", "LoginBlocked"], logins: 2 })
    })
  )
})
