import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as keyValueBackend from "../../src/internal/store/keyValue.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import { cost, paths, received } from "../utils/pipeline.js"
import { member } from "./runtimes.js"

const backend = Effect.map(Effect.provide(KeyValueStore.KeyValueStore, KeyValueStore.layerMemory), (store) =>
  keyValueBackend.make(store)
)

/** The first looks at each key come just before another process stores something under it. */
const shortSighted = (store: CredentialStore.Service): CredentialStore.Service => {
  const seen = new Set<string>()
  return {
    ...store,
    get: (key) => {
      if (seen.has(key)) return store.get(key)
      seen.add(key)
      return Effect.succeedNone
    }
  }
}

describe("a process of a fleet", () => {
  it.scopedLive("looks again once it has the lease: another may have had it in between", () =>
    Effect.gen(function* () {
      const store = yield* backend
      const first = yield* member(CredentialStore.layer(store))
      const second = yield* member(CredentialStore.layer(shortSighted(store)))
      assert.strictEqual(yield* first.call, "200")
      assert.strictEqual(yield* second.call, "200")
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("sends no login if its lease has ended before the login is announced, and begins anew", () =>
    Effect.gen(function* () {
      const store = yield* backend
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const sets: Array<string> = []
      let lost: number | undefined
      const stalled = CredentialStore.layer({
        ...store,
        set: (lease, value, life) => {
          if (!lease.key.includes(":guard:")) return store.set(lease, value, life)
          lost ??= lease.token
          const isStored = lease.token === lost ? Effect.succeed(false) : store.set(lease, value, life)
          return Effect.zipWith(isStored, received(paths.login), (stored, logins) => {
            sets.push(`${stored ? "stored" : "lost"}, ${logins.length} logins sent`)
            return stored
          }).pipe(Effect.orDie, Effect.provideService(ThingSpaceEmulator.ThingSpaceEmulator, emulator))
        }
      })
      assert.strictEqual(yield* (yield* member(stalled)).call, "200")
      assert.deepStrictEqual(
        sets.filter((set, n) => set !== sets[n - 1]),
        ["lost, 0 logins sent", "stored, 0 logins sent", "stored, 1 logins sent"]
      )
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("has announced its login, so that others know of it, before the platform sees it", () =>
    Effect.gen(function* () {
      const store = yield* backend
      const announced: Array<number> = []
      const noting = CredentialStore.layer({
        ...store,
        set: (lease, value, life) =>
          Effect.tap(store.set(lease, value, life), () =>
            lease.key.includes(":guard:")
              ? Effect.map(received(paths.login), (logins) => announced.push(logins.length))
              : Effect.void
          ).pipe(Effect.provideService(ThingSpaceEmulator.ThingSpaceEmulator, emulator))
      })
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      assert.strictEqual(yield* (yield* member(noting)).call, "200")
      // Once when it has taken the lease, once before the login, and once after.
      assert.deepStrictEqual(announced, [0, 0, 1])
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("does not take a session from the store that was refused while it looked", () =>
    Effect.gen(function* () {
      const store = yield* backend
      const looks = yield* Effect.makeSemaphore(1)
      const keys = new Set<string>()
      const one = yield* member(
        CredentialStore.layer({
          ...store,
          get: (key) => {
            if (!key.includes(":session:")) return store.get(key)
            keys.add(key)
            return looks.withPermits(1)(store.get(key))
          }
        }),
        { idleTimeout: "1 second" }
      )
      assert.strictEqual(yield* one.call, "200")
      const sessions = yield* one.run(SessionSource.SessionSource)
      const first = yield* sessions.get
      for (const key of keys) {
        const entry = yield* store.get(key)
        if (Option.isSome(entry)) yield* store.extend(key, entry.value.version, Duration.minutes(20))
      }
      yield* Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, ({ endSessions }) => endSessions)
      yield* looks.take(1)
      yield* Effect.sleep("1200 millis")
      const next = yield* Effect.fork(sessions.get)
      yield* Effect.sleep("100 millis")
      yield* sessions.invalidate(first)
      yield* looks.release(1)
      assert.notStrictEqual(Redacted.value((yield* Fiber.join(next)).secret), Redacted.value(first.secret))
      assert.strictEqual(yield* one.call, "200")
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("gives its lease back when it has acquired, and when it could not", () =>
    Effect.gen(function* () {
      const store = yield* backend
      const keys = new Set<string>()
      const noting = CredentialStore.layer({
        ...store,
        lease: (key) => {
          keys.add(key)
          return store.lease(key)
        }
      })
      const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* failNext(ThingSpaceEmulator.answer(503), { path: paths.token })
      const one = yield* member(noting)
      for (const outcome of ["EndpointError", "200"]) {
        assert.strictEqual(yield* one.call, outcome)
        for (const key of keys) {
          const lease = yield* store.lease(key)
          assert.isTrue(Option.isSome(lease), key)
          if (Option.isSome(lease)) yield* store.release(lease.value)
        }
      }
      assert.isAtLeast(keys.size, 3)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )
})
