import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as storeHealth from "../../src/internal/store/circuitBreaker.js"
import * as keyValueBackend from "../../src/internal/store/keyValue.js"
import { logging } from "../utils/pipeline.js"

const backend = Effect.map(Effect.provide(KeyValueStore.KeyValueStore, KeyValueStore.layerMemory), (store) =>
  keyValueBackend.make(store)
)

const failing = Effect.fail(new CredentialStore.CredentialStoreError({ description: "on purpose" }))

/** Stores something anew, some time after the last. */
const storing = (store: CredentialStore.Service) =>
  Effect.gen(function* () {
    yield* TestClock.adjust("1 minute")
    const lease = yield* store.lease("key")
    if (Option.isNone(lease)) return false
    const stored = yield* Effect.orElseSucceed(store.set(lease.value, "value", Duration.minutes(1)), () => false)
    yield* Effect.ignore(store.release(lease.value))
    return stored
  })

describe("a store that grants leases and stores nothing", () => {
  it.effect("is warned of once, until it has stored something", () =>
    Effect.gen(function* () {
      const log = logging()
      const whole = yield* backend
      let isFull = true
      const store = storeHealth.bounded({
        ...whole,
        set: (lease, value, life) => (isFull ? failing : whole.set(lease, value, life))
      })
      const attempt = Effect.provide(storing(store), log.layer)
      for (let round = 0; round < 4; round++) assert.isFalse(yield* attempt)
      assert.lengthOf(log.at("WARN"), 1)
      isFull = false
      assert.isTrue(yield* attempt)
      isFull = true
      assert.isFalse(yield* attempt)
      assert.lengthOf(log.at("WARN"), 2)
    })
  )
})

describe("a store whose operations throw", () => {
  it.effect("has failed", () =>
    Effect.gen(function* () {
      const store = storeHealth.bounded({
        ...(yield* backend),
        get: () => {
          throw new Error("on purpose")
        }
      })
      const error = yield* Effect.flip(store.get("key"))
      assert.strictEqual(error._tag, "CredentialStoreError")
    })
  )
})
