import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { EndpointError, SessionError } from "../../src/AuthError.js"
import * as sessionProbe from "../../src/internal/credential/sessionProbe.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as pipeline from "../utils/pipeline.js"

const probe = Effect.gen(function* () {
  const client = yield* SessionClient.make
  return yield* sessionProbe.make(yield* TokenSource.TokenSource, client.logout)
})

const refusal = (status: number, errorCode: string) =>
  ThingSpaceEmulator.answer(status, { body: JSON.stringify({ errorCode, errorMessage: "no" }) })

const gateway = (status: number, code: string) =>
  ThingSpaceEmulator.answer(status, { body: JSON.stringify({ fault: { code, message: "no", description: "no" } }) })

describe("the session service", () => {
  it.effect("answers as itself, and is asked for a session that nobody has", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      assert.isTrue(yield* probe)
      assert.isTrue(yield* probe)
      assert.lengthOf(yield* pipeline.received(pipeline.paths.logout), 2)
      assert.lengthOf(yield* pipeline.received(pipeline.paths.login), 0)
      assert.deepStrictEqual(yield* emulator.liveSessions, [])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  const answers: ReadonlyArray<readonly [what: string, fault: ThingSpaceEmulator.Fault, expected: boolean]> = [
    ["a success without a word", ThingSpaceEmulator.answer(200), true],
    ["the documented success", ThingSpaceEmulator.answer(200, { body: JSON.stringify({ sessionToken: "s" }) }), true],
    ["a web page", ThingSpaceEmulator.answer(200, { body: "<html><body>Welcome</body></html>" }), false],
    ["JSON of somebody else's", ThingSpaceEmulator.answer(200, { body: JSON.stringify({ status: "ok" }) }), false],
    ["a code of its own", refusal(400, "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired"), true],
    ["a code of its own that nobody knows", refusal(400, "UnifiedWebService.REQUEST_FAILED.Other"), true],
    ["UnexpectedError", refusal(400, "UnifiedWebService.REQUEST_FAILED.UnexpectedError"), false],
    ["a code of its own with status 500", refusal(500, "UnifiedWebService.REQUEST_FAILED.Other"), false],
    ["a code of its own with status 429", refusal(429, "UnifiedWebService.REQUEST_FAILED.Other"), false],
    ["a bare 400", ThingSpaceEmulator.answer(400), false],
    ["a bare 401", ThingSpaceEmulator.answer(401), false],
    ["a bare 503", ThingSpaceEmulator.answer(503), false],
    ["a throttled gateway", gateway(503, "900800"), false],
    ["a gateway that refuses the permission", gateway(403, "900908"), false],
    ["a lost connection", ThingSpaceEmulator.lostRequest, false]
  ]
  it.effect.each(answers)("has answered %s", ([, fault, expected]) =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* emulator.failNext(fault, { path: pipeline.paths.logout, times: 2 })
      assert.strictEqual(yield* probe, expected)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("does not answer as itself if it hangs, or refuses token after token", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* emulator.failNext(ThingSpaceEmulator.hang, { path: pipeline.paths.logout })
      const waiting = yield* Effect.fork(probe)
      yield* TestClock.adjust("10 seconds")
      assert.isFalse(yield* Fiber.join(waiting))
      yield* emulator.failNext(gateway(401, "900901"), { path: pipeline.paths.logout, times: 2 })
      assert.isFalse(yield* probe)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("is not asked, and the failure is the token's, if there is no access token", () =>
    Effect.gen(function* () {
      const failure = new EndpointError({ endpoint: "requestToken", reason: "Timeout" })
      const tokens = { get: Effect.fail(failure), invalidate: () => Effect.void }
      const asked = sessionProbe.make(tokens, () => Effect.dieMessage("asked without a token"))
      assert.strictEqual(yield* Effect.flip(asked), failure)
    })
  )

  it.effect("is asked for another session each time", () =>
    Effect.gen(function* () {
      const tokens = yield* Effect.provide(
        TokenSource.TokenSource,
        TokenSource.layerStatic(Redacted.make("a static token"))
      )
      const seen: Array<string> = []
      const asked = sessionProbe.make(tokens, (_, { secret }) => {
        seen.push(Redacted.value(secret))
        return Effect.fail(
          new SessionError({ endpoint: "logout", status: 400, errorCode: "A.SessionToken.Invalid", errorMessage: "" })
        )
      })
      assert.isTrue(yield* asked)
      assert.isTrue(yield* asked)
      assert.strictEqual(new Set(seen).size, 2)
      for (const one of seen) assert.match(one, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    })
  )
})
