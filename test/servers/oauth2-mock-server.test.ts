import { AssertionError } from "node:assert"
import type { RequestListener } from "node:http"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { MutableResponse } from "oauth2-mock-server"
import type { AccessToken } from "../../src/AccessToken.js"
import * as secrecy from "../utils/secrecy.js"
import { app, paths } from "./loopback.js"
import {
  answer,
  credentials,
  cutBody,
  cutConnection,
  deadline,
  type Expected,
  failure,
  fieldsOf,
  key,
  million,
  noAnswer,
  refused,
  secret,
  start,
  unexplained
} from "./mockServer.js"

const undecodable = (description: string): Expected => ({
  _tag: "EndpointError",
  reason: "Decode",
  status: 200,
  description
})
const notJson = undecodable("the body is not the documented JSON")
const tooLong = undecodable("the body is longer than 64 KiB")

const noEnd: RequestListener = (_, response) => void response.writeHead(200).write(`{"access_token":`)

const isIssued = ({ expiresAt, secret }: AccessToken) =>
  assert.isTrue(Redacted.value(secret).split(".").length === 3 && Option.isSome(expiresAt))

describe("requestToken at oauth2-mock-server", () => {
  const answers: ReadonlyArray<
    readonly [label: string, status: number, body: MutableResponse["body"], expected: Expected]
  > = [
    ["503 with a body", 503, { error: "temporarily_unavailable" }, refused(503, "temporarily_unavailable")],
    ["503 with a body that says nothing", 503, "", unexplained(503)],
    ["503 with a body of a million characters", 503, { error: million }, unexplained(503)],
    ["429 with a body", 429, { error: "slow_down", error_description: "Wait." }, refused(429, "slow_down")],
    ["429 with a body that says nothing", 429, {}, unexplained(429)],
    ["401", 401, { error: "invalid_client" }, refused(401, "invalid_client")],
    [
      "400 that repeats what it was sent",
      400,
      { error: "invalid_client", error_description: `No ${key} with ${secret} (${secrecy.basic(key, secret)})` },
      { ...refused(400, "invalid_client"), description: "No <redacted> with <redacted> (<redacted>)" }
    ],
    ["a redirect to nowhere", 302, {}, { ...unexplained(302), description: "redirects are not followed" }],
    ["a text for a body", 200, "", notJson],
    ["no field at all", 200, {}, undecodable("unusable access_token")],
    ["an error with status 200", 200, { error: "invalid_client" }, refused(200, "invalid_client")],
    ["a token that is null", 200, { access_token: null, token_type: "Bearer" }, undecodable("unusable access_token")],
    ["a token that is empty", 200, { access_token: "", token_type: "Bearer" }, undecodable("unusable access_token")],
    ["a token of two lines", 200, { access_token: "a\r\nb" }, undecodable("unusable access_token")],
    ["token type mac", 200, { access_token: "a", token_type: "mac" }, undecodable("unusable token_type")],
    ["token type null", 200, { access_token: "a", token_type: null }, undecodable("unusable token_type")],
    ["a body of a million characters", 200, { access_token: "a", scope: million }, tooLong]
  ]
  it.scopedLive.each(answers)("fails as documented on %s, and works after it", ([_, statusCode, body, expected]) =>
    Effect.gen(function* () {
      const { oauth, onToken, received } = yield* start()
      onToken((response) => Object.assign(response, { statusCode, body }))
      assert.deepInclude(yield* failure(oauth.requestToken(credentials)), { endpoint: "requestToken", ...expected })
      isIssued(yield* oauth.requestToken(credentials))
      assert.strictEqual(received(paths.token), 2)
    })
  )

  const gateways: ReadonlyArray<readonly [label: string, gateway: RequestListener, expected: Expected]> = [
    ["503 without a body", answer(503, ""), unexplained(503)],
    ["429 without a body", answer(429, "", { "retry-after": "1" }), unexplained(429)],
    ["401 without a body", answer(401, "", { "www-authenticate": "Basic" }), unexplained(401)],
    ["a proxy's page", answer(502, "<html>Bad Gateway</html>", { "content-type": "text/html" }), unexplained(502)],
    ["a login page with status 200", answer(200, "<html></html>", { "content-type": "text/html" }), notJson],
    ["status 200 without a body", answer(200, ""), notJson],
    ["half a JSON", answer(200, `{"access_token":"a`), notJson],
    ["bytes that are no text", answer(200, Buffer.from([0xff, 0xfe, 0x00, 0x80])), notJson],
    [
      "ten million characters in ten thousand bytes",
      answer(200, gzipSync(million.repeat(10)), { "content-encoding": "gzip" }),
      tooLong
    ],
    [
      "an encoding that is none",
      answer(200, "{}", { "content-encoding": "gzip" }),
      { reason: "Transport", status: 200 }
    ],
    ["a connection cut before the answer", cutConnection, { _tag: "EndpointError", reason: "Transport" }],
    ["a connection cut in the body", cutBody, { _tag: "EndpointError", reason: "Transport", status: 200 }],
    ["no answer", noAnswer, { _tag: "EndpointError", reason: "Timeout" }],
    ["an answer that does not end", noEnd, { _tag: "EndpointError", reason: "Timeout" }]
  ]
  it.scopedLive.each(gateways)("fails as documented on %s, and works after it", ([_, gateway, expected]) =>
    Effect.gen(function* () {
      const { behind, oauth, received } = yield* start(deadline(expected))
      behind(gateway)
      assert.deepInclude(yield* failure(oauth.requestToken(credentials)), { endpoint: "requestToken", ...expected })
      isIssued(yield* oauth.requestToken(credentials))
      assert.strictEqual(received(paths.token), 2)
    })
  )

  it.scopedLive.each([301, 302, 303, 307, 308])("follows no redirect with status %i", (status) =>
    Effect.gen(function* () {
      const { behind, oauth, received } = yield* start()
      behind(answer(status, "", { location: "/elsewhere" }))
      assert.deepInclude(yield* failure(oauth.requestToken(credentials)), unexplained(status))
      assert.strictEqual(received("/elsewhere"), 0)
    })
  )

  const lifetimes: ReadonlyArray<readonly [label: string, lifetime: unknown, seconds: number | undefined]> = [
    ["a number", 120, 120],
    ["a number as text", "120", 120],
    ["zero as at its end", 0, 0],
    ["a negative number as at its end", -5, 0],
    ["a missing one as until refused", undefined, undefined],
    ["null as until refused", null, undefined],
    ["a word as until refused", "soon", undefined]
  ]
  it.scopedLive.each(lifetimes)("reads for a lifetime %s", ([_, expires_in, seconds]) =>
    Effect.gen(function* () {
      const { oauth, onToken } = yield* start()
      onToken((response) => Object.assign(response.body, { expires_in }))
      const before = yield* Clock.currentTimeMillis
      const token = yield* oauth.requestToken(credentials)
      const after = yield* Clock.currentTimeMillis
      const millis = Option.getOrUndefined(Option.map(token.expiresAt, DateTime.toEpochMillis))
      if (seconds === undefined) return assert.isUndefined(millis)
      assert.isTrue(millis !== undefined && millis >= before + seconds * 1000 && millis <= after + seconds * 1000)
    })
  )

  it.scopedLive.each([
    ["client", "token"],
    ["invalid", "_"],
    ["a", "e"]
  ] as const)("keeps the codes of OAuth whole where they hold the key %j or the secret %j", ([key, secret]) =>
    Effect.gen(function* () {
      const toy = app(key, secret)
      const { behind, oauth, onToken } = yield* start({}, toy)
      for (const error of ["invalid_client", "invalid_request", "temporarily_unavailable"]) {
        onToken((response) => Object.assign(response, { statusCode: 400, body: { error } }))
        assert.deepInclude(fieldsOf(yield* Effect.flip(oauth.requestToken(toy))), { error })
      }
      const token = yield* oauth.requestToken(toy)
      behind(answer(400, `{"error":"invalid_token"}`))
      yield* oauth.revokeToken(toy, token)
    })
  )

  it.scopedLive("brings a token of 20,000 characters unchanged", () =>
    Effect.gen(function* () {
      const { oauth, onSigning, onToken } = yield* start()
      const issued: Array<unknown> = []
      onSigning(({ payload }) => Object.assign(payload, { claim: "x".repeat(15_000) }))
      onToken(({ body }) => issued.push(body === "" ? body : body.access_token))
      const token = yield* oauth.requestToken(credentials)
      assert.isAtLeast(Redacted.value(token.secret).length, 20_000)
      assert.deepStrictEqual(issued, [Redacted.value(token.secret)])
    })
  )

  it.scopedLive("fails as documented on a token that is longer than 64 KiB, and works after it", () =>
    Effect.gen(function* () {
      const { oauth, onSigning } = yield* start()
      onSigning(({ payload }) => Object.assign(payload, { claim: "x".repeat(64 * 1024) }))
      assert.deepInclude(yield* failure(oauth.requestToken(credentials)), tooLong)
      isIssued(yield* oauth.requestToken(credentials))
    })
  )

  it.scopedLive("fails with what the server says where signing fails, and works after it", () =>
    Effect.gen(function* () {
      const { oauth, onSigning } = yield* start()
      onSigning(() => {
        throw new AssertionError({ message: `cannot sign for ${key}:${secret}` })
      })
      assert.deepInclude(yield* failure(oauth.requestToken(credentials)), {
        ...refused(400, "invalid_request"),
        description: "cannot sign for <redacted>:<redacted>"
      })
      isIssued(yield* oauth.requestToken(credentials))
    })
  )
})
