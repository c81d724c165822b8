import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import {
  appKey,
  appSecret,
  basic,
  form,
  inMemory,
  pick,
  readAccount,
  requestToken,
  revoke,
  send,
  signIn,
  tokenResponse
} from "./requests.js"

describe("the token endpoint", () => {
  it.effect(
    "issues the same token for an hour and counts its seconds down",
    inMemory(
      Effect.gen(function* () {
        const first = yield* tokenResponse()
        yield* TestClock.adjust(3_599_500)
        const last = yield* tokenResponse()
        const token = pick(first.json, "access_token")
        assert.deepStrictEqual(first.json, {
          access_token: token,
          scope: " ts.application.ro ts.mec.fullaccess",
          token_type: "Bearer",
          expires_in: 3600
        })
        assert.match(token, /^[0-9a-f]{32}$/)
        assert.strictEqual(pick(last.json, "access_token"), token)
        assert.strictEqual(pick(last.json, "expires_in"), "0")
      })
    )
  )

  it.effect(
    "issues a different token when the hour is over",
    inMemory(
      Effect.gen(function* () {
        const first = yield* requestToken
        yield* TestClock.adjust("1 hour")
        const second = yield* tokenResponse()
        assert.notStrictEqual(pick(second.json, "access_token"), first)
        assert.strictEqual(pick(second.json, "expires_in"), "3600")
      })
    )
  )

  it.effect(
    "sets a routing cookie and one that holds the token",
    inMemory(
      Effect.gen(function* () {
        const { cookies, json } = yield* tokenResponse()
        assert.deepStrictEqual(Object.keys(cookies.cookies), ["ts-web-ingress-route", "token"])
        assert.strictEqual(cookies.cookies.token?.value, pick(json, "access_token"))
      })
    )
  )

  it.effect(
    "answers a gateway fault when there is no Basic header",
    inMemory(
      Effect.gen(function* () {
        const { json, status } = yield* tokenResponse({})
        assert.strictEqual(status, 401)
        assert.deepStrictEqual(json, {
          fault: {
            code: "900902",
            message: "Missing Credentials",
            description:
              'Required OAuth credentials not provided. Make sure your API invocation call has a header: "Authorization: Basic ACCESS_TOKEN"'
          }
        })
      })
    )
  )

  for (const [what, headers] of [
    ["key", basic("other", appSecret)],
    ["secret", basic(appKey, "other")],
    ["base64", { authorization: "Basic %%%" }],
    ["percent encoding", basic(appKey, "%zz")]
  ] as const) {
    it.effect(
      `refuses a wrong ${what} as invalid_client`,
      inMemory(
        Effect.gen(function* () {
          const { json, status } = yield* tokenResponse(headers)
          assert.strictEqual(status, 401)
          assert.strictEqual(pick(json, "error"), "invalid_client")
        })
      )
    )
  }

  it.effect(
    "decodes key and secret as forms encode them, splitting at the first colon",
    inMemory(
      Effect.gen(function* () {
        const { status } = yield* tokenResponse(basic("k%3A1+%25", "s%C3%A9:2%2B"))
        assert.strictEqual(status, 200)
      }),
      { appKey: "k:1 %", appSecret: "sé:2+" }
    )
  )

  for (const body of ["", "grant_type=password"]) {
    it.effect(
      `refuses the body "${body}" for its grant_type`,
      inMemory(
        Effect.gen(function* () {
          const { json, status } = yield* tokenResponse(basic(appKey, appSecret), body)
          assert.strictEqual(status, 400)
          assert.deepStrictEqual(json, {
            error_description: "Missing grant_type parameter value",
            error: "invalid_request"
          })
        })
      )
    )
  }

  it.effect(
    "issues other tokens in another emulator",
    Effect.fnUntraced(function* () {
      const first = yield* Effect.provide(requestToken, ThingSpaceEmulator.layer())
      const second = yield* Effect.provide(requestToken, ThingSpaceEmulator.layer())
      assert.notStrictEqual(first, second)
    })
  )
})

describe("the revoke endpoint", () => {
  it.effect(
    "answers with the revoked token in a header and no body, after which the token is refused and another issued",
    inMemory(
      Effect.gen(function* () {
        const { headers, token } = yield* signIn
        const revoked = yield* revoke(token)
        assert.strictEqual(revoked.status, 200)
        assert.strictEqual(revoked.text, "")
        assert.strictEqual(revoked.headers.revokedaccesstoken, token)
        assert.strictEqual((yield* readAccount(headers)).status, 401)
        assert.notStrictEqual(yield* requestToken, token)
      })
    )
  )

  it.effect(
    "accepts an unknown token and leaves the current one alone",
    inMemory(
      Effect.gen(function* () {
        const token = yield* requestToken
        assert.strictEqual((yield* revoke("d7bc43e9acc31aba9654fc5cd0d8c520")).status, 200)
        assert.strictEqual(yield* requestToken, token)
      })
    )
  )

  it.effect(
    "refuses a wrong secret",
    inMemory(
      Effect.gen(function* () {
        const token = yield* requestToken
        const { status } = yield* send("/api/ts/v1/oauth2/revoke", {
          headers: basic(appKey, "other"),
          type: form,
          body: `grant_type=client_credentials&token=${token}`
        })
        assert.strictEqual(status, 401)
        assert.strictEqual(yield* requestToken, token)
      })
    )
  )
})
