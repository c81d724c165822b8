import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import { account, credentials, paths } from "../utils/pipeline.js"
import { call, count, emulator, firstSuccess, overSockets, received, success } from "./platform.js"

const { answer, errorInSuccess, webPage } = ThingSpaceEmulator

describe("answers that are not the platform's, or not in its form", () => {
  it.live("are read as the error they hold if they are a 200 to a token request or a login", () =>
    Effect.gen(function* () {
      const wrongSecret = Effect.gen(function* () {
        const { failNext } = yield* emulator
        yield* failNext(errorInSuccess())
        assert.deepInclude(yield* Effect.flip(call), { _tag: "OAuthError", status: 200, error: "invalid_client" })
        assert.include((yield* Effect.flip(call)).message, "Check the application key and secret")
      }).pipe(Effect.provide(overSockets({ secret: Redacted.make("last-quarters-secret") })))

      const failingToken = Effect.gen(function* () {
        const { failNext } = yield* emulator
        yield* failNext(errorInSuccess({ error: "server_error" }))
        assert.deepInclude(yield* Effect.flip(call), { _tag: "OAuthError", status: 200, error: "server_error" })
      }).pipe(Effect.provide(overSockets()))

      const wrongPassword = Effect.gen(function* () {
        const { failNext } = yield* emulator
        yield* failNext(errorInSuccess(), { path: paths.login })
        const errorCode = "UnifiedWebService.INPUT_INVALID.Password.Invalid"
        assert.deepInclude(yield* Effect.flip(call), { _tag: "SessionError", status: 200, errorCode })
        assert.deepInclude(yield* Effect.flip(call), { _tag: "LoginBlocked", reason: "Refused" })
        assert.strictEqual(yield* count(paths.login), 1)
      }).pipe(Effect.provide(overSockets({ password: Redacted.make("last-quarters-password") })))

      yield* Effect.all([wrongSecret, failingToken, wrongPassword])
    })
  )

  it.live("are no strike if a proxy's 407, a 511 or a redirect answers the login, and one if a web page does", () =>
    Effect.gen(function* () {
      const rows = [
        [answer(407), "a proxy asks for credentials of its own", true],
        [answer(511), "the network asks for a sign-in", true],
        [answer(302, { headers: { location: "/sign-in" } }), "redirects are not followed", true],
        [webPage(), "Check whether a proxy answers in the platform's place", false]
      ] as const
      yield* Effect.forEach(
        rows,
        ([fault, says, isFree]) =>
          Effect.gen(function* () {
            const { endSessions, failNext } = yield* emulator
            yield* success
            yield* endSessions
            yield* failNext(fault, { path: paths.login })
            const error = yield* Effect.flip(call)
            assert.include(error.message, says)
            // The pause is a second where nothing was judged, two after a strike.
            const seconds = yield* firstSuccess(0)
            if (isFree) assert.isBelow(seconds, 1.9, says)
            else assert.isAtLeast(seconds, 1.9, says)
            const { status } = yield* LoginGuard.LoginGuard
            assert.deepStrictEqual(yield* status(credentials), LoginGuard.LoginStatus.Open())
          }).pipe(Effect.provide(overSockets())),
        { concurrency: "unbounded" }
      )
    })
  )

  it.live("come to authentication calls that carry no trace headers, unlike calls of an API", () =>
    Effect.gen(function* () {
      const { logout } = yield* SessionSource.SessionSource
      yield* Effect.withSpan(Effect.zipRight(success, logout), "program")
      const traced = (path: string) =>
        Effect.map(received(path), (all) =>
          all.map(({ headers }) => ["b3", "traceparent"].filter((name) => name in headers))
        )
      assert.deepStrictEqual(yield* traced(account), [["b3", "traceparent"]])
      for (const path of [paths.token, paths.login, paths.logout]) {
        assert.deepStrictEqual(yield* traced(path), [[]], path)
      }
    }).pipe(Effect.provide(overSockets()))
  )
})
