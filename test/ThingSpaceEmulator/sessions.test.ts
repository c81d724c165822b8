import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import {
  bearer,
  both,
  emulator,
  inMemory,
  locate,
  login,
  password,
  pick,
  readAccount,
  requestToken,
  send,
  signIn,
  startSession,
  username
} from "./requests.js"

describe("login", () => {
  it.effect(
    "answers with a GUID and nothing else",
    inMemory(
      Effect.gen(function* () {
        const { json, status } = yield* login(yield* requestToken)
        assert.strictEqual(status, 200)
        assert.match(pick(json, "sessionToken"), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
        assert.deepStrictEqual(Object.keys(json ?? {}), ["sessionToken"])
      })
    )
  )

  it.effect(
    "meets the gateway first: a wrong bearer is no strike",
    inMemory(
      Effect.gen(function* () {
        const wrong = yield* login("d7bc43e9acc31aba9654fc5cd0d8c520", "wrong").pipe(Effect.replicateEffect(6))
        assert.deepStrictEqual(wrong[5]?.json, {
          fault: {
            code: "900901",
            message: "Invalid Credentials",
            description:
              "Access failure for API: /m2m/v1, version: v1. Make sure your have given the correct access token"
          }
        })
        assert.strictEqual((yield* login(yield* requestToken)).status, 200)
      })
    )
  )

  it.effect(
    "locks the user at the fifth refusal in a row, right password or not, until the password is changed",
    inMemory(
      Effect.gen(function* () {
        const { changePassword, lockedUsers } = yield* emulator
        const token = yield* requestToken
        const refused = yield* login(token, "wrong").pipe(Effect.replicateEffect(4))
        assert.deepStrictEqual(
          refused.map(({ json, status }) => [status, pick(json, "errorCode")]),
          refused.map(() => [400, "UnifiedWebService.INPUT_INVALID.Password.Invalid"])
        )
        assert.deepStrictEqual(yield* lockedUsers, [])
        yield* login(token, "wrong")
        assert.deepStrictEqual(yield* lockedUsers, [username])
        const locked = yield* login(token)
        assert.strictEqual(locked.status, 400)
        assert.strictEqual(pick(locked.json, "errorCode"), "UnifiedWebService.REQUEST_FAILED.UserLocked")
        yield* changePassword(username, "another")
        assert.deepStrictEqual(yield* lockedUsers, [])
        assert.strictEqual((yield* login(token, "another")).status, 200)
      })
    )
  )

  it.effect(
    "counts refusals from zero again after a success",
    inMemory(
      Effect.gen(function* () {
        const token = yield* requestToken
        const fourRefusals = Effect.replicateEffect(login(token, "wrong"), 4, { discard: true })
        yield* fourRefusals
        yield* login(token)
        yield* fourRefusals
        assert.strictEqual((yield* login(token)).status, 200)
      })
    )
  )

  for (const [body, code] of [
    ["", "UnifiedWebService.INPUT_INVALID.RequestUndefined"],
    ["{", "UnifiedWebService.DeserializationFailed"],
    ['{"username":"emulated-user"}', "UnifiedWebService.REQUEST_FAILED.UnexpectedError"]
  ] as const) {
    it.effect(
      `answers ${code} to the body "${body}" without counting a refusal`,
      inMemory(
        Effect.gen(function* () {
          const token = yield* requestToken
          const attempt = send("/api/m2m/v1/session/login", { headers: bearer(token), body })
          const answers = yield* Effect.replicateEffect(attempt, 6)
          assert.strictEqual(answers[5]?.status, 400)
          assert.strictEqual(pick(answers[5]?.json, "errorCode"), code)
          assert.strictEqual((yield* login(token)).status, 200)
        })
      )
    )
  }

  it.effect(
    "leaves the user's earlier sessions alive",
    inMemory(
      Effect.gen(function* () {
        const { headers, session, token } = yield* signIn
        const second = yield* startSession(token)
        assert.strictEqual((yield* readAccount(headers)).status, 200)
        assert.deepStrictEqual(yield* (yield* emulator).liveSessions, [session, second])
      })
    )
  )

  it.effect(
    "ends the user's earlier sessions where one session per user is allowed",
    inMemory(
      Effect.gen(function* () {
        const { headers, token } = yield* signIn
        const second = yield* startSession(token)
        assert.match((yield* readAccount(headers)).text, /SessionToken\.Invalid/)
        assert.deepStrictEqual(yield* (yield* emulator).liveSessions, [second])
      }),
      { singleSession: true }
    )
  )
})

describe("a session", () => {
  it.effect(
    "lives as long as it is used within twenty minutes, and outlives the token it began with",
    inMemory(
      Effect.gen(function* () {
        const { session } = yield* signIn
        for (let n = 0; n < 5; n++) {
          yield* TestClock.adjust(20 * 60_000 - 1)
          assert.strictEqual((yield* readAccount(both(yield* requestToken, session))).status, 200)
        }
      })
    )
  )

  it.effect(
    "is dead after twenty idle minutes",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        yield* TestClock.adjust("20 minutes")
        const { json, status } = yield* readAccount(headers)
        assert.strictEqual(status, 400)
        assert.deepStrictEqual(json, {
          errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired",
          errorMessage: "The Session has expired."
        })
      })
    )
  )

  it.effect(
    "is not kept alive by a request that is refused",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        yield* TestClock.adjust("19 minutes")
        assert.strictEqual((yield* locate(headers, "0000000000-00000")).status, 400)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* readAccount(headers)).status, 400)
      })
    )
  )

  it.effect(
    "ends by logout, which names it",
    inMemory(
      Effect.gen(function* () {
        const { headers, session } = yield* signIn
        const { json, status } = yield* send("/api/m2m/v1/session/logout", { headers })
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(json, { sessionToken: session })
        assert.match((yield* readAccount(headers)).text, /INPUT_INVALID\.SessionToken\.Invalid/)
      })
    )
  )

  it.effect(
    "survives a password reset, whose new password is the only one from then on",
    inMemory(
      Effect.gen(function* () {
        const { headers, token } = yield* signIn
        const reset = (oldPassword: string) =>
          send("/api/m2m/v1/session/password/actions/reset", {
            method: "PUT",
            headers,
            body: JSON.stringify({ oldPassword })
          })
        assert.strictEqual((yield* reset("wrong")).status, 400)
        const { json, status } = yield* reset(password)
        assert.strictEqual(status, 200)
        assert.strictEqual((yield* readAccount(headers)).status, 200)
        assert.strictEqual((yield* login(token)).status, 400)
        assert.strictEqual((yield* login(token, pick(json, "newPassword"))).status, 200)
      })
    )
  )
})
