import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as NodeKeyValueStore from "@effect/platform-node/NodeKeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as CredentialStore from "../src/CredentialStore.js"
import * as RedisCredentialStore from "../src/RedisCredentialStore.js"
import * as redis from "./fleet/redis.js"

const minute = Duration.minutes(1)

const granted = <A>(option: Option.Option<A>): A =>
  Option.isSome(option) ? option.value : assert.fail("the lease was not granted")

const valueOf = (entry: Option.Option<CredentialStore.Entry>) => Option.getOrUndefined(entry)?.value

interface Subject {
  readonly store: Effect.Effect<CredentialStore.Service, never, Scope.Scope>
  readonly leaseTime: Duration.Duration
  /** Lets time pass by the store's clock. */
  readonly wait: (time: Duration.Duration) => Effect.Effect<void>
}

/** What every store promises. */
const contract = ({ leaseTime, store, wait }: Subject) => {
  const withStore = <A, E>(test: (store: CredentialStore.Service) => Effect.Effect<A, E>) =>
    Effect.scoped(Effect.flatMap(store, test))

  it.effect("holds nothing at first", () =>
    withStore((store) =>
      Effect.gen(function* () {
        assert.isTrue(Option.isNone(yield* store.get("a")))
        assert.isFalse(yield* store.extend("a", 1, minute))
        yield* store.remove("a", 1)
      })
    )
  )

  it.effect("hands out what was stored under a lease, with its version and the time that is left", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const lease = granted(yield* store.lease("a"))
        assert.isTrue(yield* store.set(lease, "one", minute))
        const entry = granted(yield* store.get("a"))
        assert.strictEqual(entry.value, "one")
        assert.strictEqual(entry.version, lease.token)
        assert.isAbove(Duration.toMillis(entry.timeToLive), 30_000)
        assert.isAtMost(Duration.toMillis(entry.timeToLive), 60_000)
        assert.isTrue(Option.isNone(yield* store.get("b")))
      })
    )
  )

  it.effect("stores under one lease more than once", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const lease = granted(yield* store.lease("a"))
        assert.isTrue(yield* store.set(lease, "one", minute))
        assert.isTrue(yield* store.set(lease, "two", minute))
        assert.strictEqual(valueOf(yield* store.get("a")), "two")
      })
    )
  )

  it.effect("grants a lease to one, and to the next when it is given back", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const all = yield* Effect.all(Effect.replicate(store.lease("a"), 20), { concurrency: "unbounded" })
        const first = granted(Option.firstSomeOf(all))
        assert.lengthOf(all.filter(Option.isSome), 1)
        assert.isTrue(Option.isSome(yield* store.lease("b")))
        yield* store.release(first)
        assert.isAbove(granted(yield* store.lease("a")).token, first.token)
      })
    )
  )

  it.effect("gives every lease a greater token than any before it and than any version", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const tokens: Array<number> = []
        for (let round = 0; round < 20; round++) {
          const lease = granted(yield* store.lease("a"))
          tokens.push(lease.token)
          if (round % 2 === 0) yield* store.set(lease, `${round}`, minute)
          if (round % 3 === 0) yield* store.remove("a", lease.token)
          yield* store.release(lease)
        }
        assert.deepStrictEqual(
          tokens,
          [...new Set(tokens)].sort((one, other) => one - other)
        )
      })
    )
  )

  it.effect("stores nothing for a lease that was given back, and nothing for one that another has taken since", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const stale = granted(yield* store.lease("a"))
        yield* store.release(stale)
        assert.isFalse(yield* store.set(stale, "stale", minute))
        assert.isFalse(yield* store.renew(stale))
        const lease = granted(yield* store.lease("a"))
        assert.isFalse(yield* store.set(stale, "stale", minute))
        yield* store.release(stale)
        assert.isTrue(Option.isNone(yield* store.lease("a")), "the stale release ended the other's lease")
        assert.isTrue(yield* store.set(lease, "ours", minute))
        assert.strictEqual(valueOf(yield* store.get("a")), "ours")
      })
    )
  )

  it.effect("ends a lease that is not renewed, and rejects who wakes up with it", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const stale = granted(yield* store.lease("a"))
        yield* wait(Duration.times(leaseTime, 1.5))
        assert.isFalse(yield* store.set(stale, "stale", minute))
        const lease = granted(yield* store.lease("a"))
        assert.isAbove(lease.token, stale.token)
        assert.isFalse(yield* store.set(stale, "stale", minute))
        assert.isFalse(yield* store.renew(stale))
        assert.isTrue(yield* store.set(lease, "ours", minute))
      })
    )
  )

  it.effect("keeps a lease that is renewed", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const lease = granted(yield* store.lease("a"))
        for (let round = 0; round < 4; round++) {
          yield* wait(Duration.times(leaseTime, 0.5))
          assert.isTrue(yield* store.renew(lease))
          assert.isTrue(Option.isNone(yield* store.lease("a")))
        }
        assert.isTrue(yield* store.set(lease, "ours", minute))
      })
    )
  )

  it.effect("forgets what has outlived its time", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const lease = granted(yield* store.lease("a"))
        yield* store.set(lease, "brief", Duration.millis(100))
        yield* wait(Duration.millis(150))
        assert.isTrue(Option.isNone(yield* store.get("a")))
        assert.isFalse(yield* store.extend("a", lease.token, minute))
      })
    )
  )

  it.effect("lengthens the life of a version, never shortens it, and of that version alone", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const lease = granted(yield* store.lease("a"))
        yield* store.set(lease, "one", Duration.millis(300))
        assert.isFalse(yield* store.extend("a", lease.token - 1, minute))
        assert.isTrue(yield* store.extend("a", lease.token, minute))
        assert.isTrue(yield* store.extend("a", lease.token, Duration.millis(1)))
        yield* wait(Duration.millis(400))
        const entry = granted(yield* store.get("a"))
        assert.strictEqual(entry.value, "one")
        assert.strictEqual(entry.version, lease.token)
        assert.isAbove(Duration.toMillis(entry.timeToLive), 30_000)
      })
    )
  )

  it.effect("removes a version, and no other", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const first = granted(yield* store.lease("a"))
        yield* store.set(first, "one", minute)
        yield* store.release(first)
        const second = granted(yield* store.lease("a"))
        yield* store.set(second, "two", minute)
        yield* store.remove("a", first.token)
        assert.strictEqual(valueOf(yield* store.get("a")), "two")
        yield* store.remove("a", second.token)
        assert.isTrue(Option.isNone(yield* store.get("a")))
        assert.isTrue(yield* store.set(second, "three", minute), "removing ended the lease")
      })
    )
  )
}

const overKeyValueStore = (store: Layer.Layer<KeyValueStore.KeyValueStore>): Subject => ({
  store: Layer.build(Layer.provide(Layer.fresh(CredentialStore.layerKeyValueStore), store)).pipe(
    Effect.flatMap((context) => Effect.provide(CredentialStore.CredentialStore, context)),
    Effect.map(granted)
  ),
  leaseTime: Duration.seconds(10),
  wait: TestClock.adjust
})

const onFiles = Layer.unwrapScoped(
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "store-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    ),
    (folder) => Layer.orDie(NodeKeyValueStore.layerFileSystem(folder))
  )
)

describe("over a KeyValueStore in memory", () => {
  contract(overKeyValueStore(KeyValueStore.layerMemory))
})

describe("over a KeyValueStore on files", () => {
  contract(overKeyValueStore(onFiles))
})

redis.describeWithRedis("in Redis", () => {
  const leaseTime = Duration.millis(300)
  contract({
    store: Effect.flatMap(redis.make, ({ url }) => Effect.orDie(RedisCredentialStore.make({ url, leaseTime }))),
    leaseTime,
    wait: (time) => Effect.promise(() => setTimeout(Duration.toMillis(time)))
  })
})
