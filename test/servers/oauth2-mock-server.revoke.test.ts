import type { RequestListener } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as serverText from "../../src/internal/secrets/serverText.js"
import { paths } from "./loopback.js"
import {
  answer,
  credentials,
  cutBody,
  cutConnection,
  deadline,
  type Expected,
  failure,
  million,
  noAnswer,
  refused,
  start,
  unexplained
} from "./mockServer.js"

describe("revokeToken at oauth2-mock-server", () => {
  it.scopedLive.each([200, 202, 204])("is content with status %i", (statusCode) =>
    Effect.gen(function* () {
      const { oauth, onRevoke, received } = yield* start()
      onRevoke((response) => Object.assign(response, { statusCode }))
      yield* oauth.revokeToken(credentials, yield* oauth.requestToken(credentials))
      assert.strictEqual(received(paths.revoke), 1)
    })
  )

  it.scopedLive.each([302, 400, 401, 403, 404, 429, 500, 503])(
    "fails with status %i without a body, and works after it",
    (statusCode) =>
      Effect.gen(function* () {
        const { oauth, onRevoke, received } = yield* start()
        const token = yield* oauth.requestToken(credentials)
        onRevoke((response) => Object.assign(response, { statusCode }))
        const fields = yield* failure(oauth.revokeToken(credentials, token), token)
        assert.deepInclude(fields, { endpoint: "revokeToken", ...unexplained(statusCode) })
        yield* oauth.revokeToken(credentials, token)
        assert.strictEqual(received(paths.revoke), 2)
      })
  )

  const gateways: ReadonlyArray<readonly [label: string, gateway: RequestListener, expected: Expected]> = [
    [
      "503 with a body",
      answer(503, `{"error":"temporarily_unavailable"}`, { "retry-after": "1" }),
      refused(503, "temporarily_unavailable")
    ],
    [
      "unsupported_token_type",
      answer(400, `{"error":"unsupported_token_type"}`),
      refused(400, "unsupported_token_type")
    ],
    ["a refused client", answer(401, `{"error":"invalid_client"}`), refused(401, "invalid_client")],
    ["a proxy's page", answer(502, `<html>${million}</html>`), unexplained(502)],
    ["a connection cut before the answer", cutConnection, { _tag: "EndpointError", reason: "Transport" }],
    ["no answer", noAnswer, { _tag: "EndpointError", reason: "Timeout" }]
  ]
  it.scopedLive.each(gateways)("fails as documented on %s, and works after it", ([_, gateway, expected]) =>
    Effect.gen(function* () {
      const { behind, oauth, received } = yield* start(deadline(expected))
      const token = yield* oauth.requestToken(credentials)
      behind(gateway)
      const fields = yield* failure(oauth.revokeToken(credentials, token), token)
      assert.deepInclude(fields, { endpoint: "revokeToken", ...expected })
      yield* oauth.revokeToken(credentials, token)
      assert.strictEqual(received(paths.revoke), 2)
    })
  )

  it.scopedLive("withholds what a refusal says if it repeats the token", () =>
    Effect.gen(function* () {
      const { behind, oauth } = yield* start()
      const token = yield* oauth.requestToken(credentials)
      const body = { error: "invalid_request", error_description: `not yours: ${Redacted.value(token.secret)}` }
      behind(answer(400, JSON.stringify(body)))
      const fields = yield* failure(oauth.revokeToken(credentials, token), token)
      assert.deepInclude(fields, { error: "invalid_request", description: serverText.withheld })
    })
  )

  const successes: ReadonlyArray<readonly [label: string, gateway: RequestListener]> = [
    ["status 200 with a page", answer(200, "<html></html>")],
    ["status 200 with a million characters", answer(200, million)],
    ["status 200 with a body that breaks off", cutBody],
    ["invalid_token", answer(400, `{"error":"invalid_token"}`)]
  ]
  it.scopedLive.each(successes)("counts the token as revoked on %s (RFC 7009 section 2.2)", ([_, gateway]) =>
    Effect.gen(function* () {
      const { behind, oauth } = yield* start()
      const token = yield* oauth.requestToken(credentials)
      behind(gateway)
      yield* oauth.revokeToken(credentials, token)
    })
  )
})

describe("TokenSource at oauth2-mock-server", () => {
  const lifetimes: ReadonlyArray<readonly [label: string, lifetime: unknown]> = [
    ["of zero", 0],
    ["of less than nothing", -5],
    ["that is missing", undefined],
    ["that is a word", "soon"],
    ["shorter than the margin", 30]
  ]
  it.scopedLive.each(lifetimes)("asks once for fifty calls in a row with a lifetime %s", ([_, expires_in]) =>
    Effect.gen(function* () {
      const { onToken, received, tokens } = yield* start()
      onToken((response) => Object.assign(response.body, { expires_in }))
      const first = yield* tokens.get
      for (let call = 1; call < 50; call++) assert.strictEqual(yield* tokens.get, first)
      assert.strictEqual(received(paths.token), 1)
    })
  )

  it.scopedLive("has forgotten the token also where revoking it fails", () =>
    Effect.gen(function* () {
      const { onRevoke, onSigning, received, tokens } = yield* start()
      const first = yield* tokens.get
      onRevoke((response) => Object.assign(response, { statusCode: 503 }))
      assert.deepInclude(yield* failure(tokens.revoke, first), unexplained(503))
      onSigning(({ payload }) => Object.assign(payload, { jti: "another" }))
      const second = yield* tokens.get
      assert.notStrictEqual(Redacted.value(second.secret), Redacted.value(first.secret))
      assert.deepStrictEqual([received(paths.token), received(paths.revoke)], [2, 1])
    })
  )
})
