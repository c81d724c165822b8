import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as guard from "../../src/internal/http/surroundings.js"

const init = Effect.serviceOption(FetchHttpClient.RequestInit)
const names = FiberRef.get(Headers.currentRedactedNames)

describe("guarded", () => {
  it.effect("leaves nothing behind in the fiber that called", () =>
    Effect.gen(function* () {
      const before = { init: yield* init, names: yield* names }
      yield* guard.guarded(Effect.void, guard.everyHeader)
      assert.deepStrictEqual({ init: yield* init, names: yield* names }, before)
    })
  )

  it.effect("adds the names that are missing, each once", () =>
    Effect.gen(function* () {
      const twice = guard.guarded(guard.guarded(names, guard.credentialHeaders), guard.credentialHeaders)
      const added = yield* twice
      assert.includeMembers([...added], [...guard.credentialHeaders])
      assert.strictEqual(new Set(added).size, added.length)
      assert.include(added, "x-api-key")
    })
  )

  it.effect("redacts every header of an authentication call", () =>
    Effect.gen(function* () {
      const hidden = yield* guard.guarded(names, guard.everyHeader)
      const redacted = Headers.redact(Headers.fromInput({ "x-anything": "secret", accept: "secret" }), hidden)
      assert.notInclude(JSON.stringify(redacted), "secret")
    })
  )
})
