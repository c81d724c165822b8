import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { AccessToken } from "../src/AccessToken.js"
import type { EndpointError, TokenError } from "../src/AuthError.js"
import type * as Credentials from "../src/Credentials.js"
import * as OAuthClient from "../src/OAuthClient.js"
import * as ThingSpaceConfig from "../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../src/ThingSpaceEmulator.js"
import * as recorder from "./utils/recorder.js"
import * as secrecy from "./utils/secrecy.js"
import * as spans from "./utils/spans.js"

const app = (key: string, secret: string): Credentials.App => ({
  key: Redacted.make(key),
  secret: Redacted.make(secret)
})

const key = "00000000-aaaa-4aaa-8aaa-000000000001"
const secret = "s3:cr et%+&é€"
const credentials = app(key, secret)
const tokenText = "tok/en+value=="
const token = new AccessToken({ secret: Redacted.make(tokenText), expiresAt: Option.none() })
const secrets = [key, secret, tokenText, secrecy.basic(key, secret)]

const issued = { access_token: tokenText, token_type: "Bearer", expires_in: 3600, scope: " ts.application.ro" }

const over = (http: HttpClient.HttpClient) =>
  Effect.provide(OAuthClient.OAuthClient, Layer.provide(OAuthClient.layer, Layer.succeed(HttpClient.HttpClient, http)))

const requestOver = (http: HttpClient.HttpClient, app = credentials) =>
  Effect.flatMap(over(http), (client) => client.requestToken(app))

const revokeOver = (http: HttpClient.HttpClient, held = token) =>
  Effect.flatMap(over(http), (client) => client.revokeToken(credentials, held))

/** The failure of a call, after a look at everything that could be printed of it. */
const failure = <A>(call: Effect.Effect<A, TokenError>, hidden = secrets): Effect.Effect<TokenError, A> =>
  Effect.tap(Effect.flip(call), (error) => Effect.sync(() => secrecy.assertSecret(error, hidden)))

const requestFailure = (answer: recorder.Answer) => failure(requestOver(recorder.make(answer).client))

const fields = ({ name: _, ...error }: TokenError) => ({ ...error })

const ended = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isSome)

describe("requestToken", () => {
  it.effect("sends the documented request, byte for byte", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, issued))
      yield* requestOver(client, app("app-key", "app-secret"))
      assert.deepStrictEqual(sent, [
        {
          method: "POST",
          url: "https://thingspace.verizon.com/api/ts/v1/oauth2/token",
          headers: {
            accept: "application/json",
            "accept-encoding": "identity",
            authorization: "Basic YXBwLWtleTphcHAtc2VjcmV0",
            "content-length": "29",
            "content-type": "application/x-www-form-urlencoded"
          },
          body: "grant_type=client_credentials"
        }
      ])
    })
  )

  describe("form-encodes key and secret before base64 (RFC 6749 section 2.3.1)", () => {
    const cases: ReadonlyArray<readonly [text: string, encoded: string]> = [
      ["plain-0.9_*", "plain-0.9_*"],
      ["a:b", "a%3Ab"],
      ["a b", "a+b"],
      ["100%", "100%25"],
      ["1+1", "1%2B1"],
      ["a&b=c", "a%26b%3Dc"],
      ["~", "%7E"],
      ["é", "%C3%A9"],
      ["€", "%E2%82%AC"],
      ["𝄞", "%F0%9D%84%9E"],
      ["a\r\nb", "a%0D%0Ab"]
    ]
    it.effect.each(cases)("%j as %s", ([text, encoded]) =>
      Effect.gen(function* () {
        const { client, sent } = recorder.make(recorder.json(200, issued))
        yield* requestOver(client, app(text, `${text}${text}`))
        const authorization = sent[0]?.headers.authorization ?? ""
        assert.match(authorization, /^Basic [A-Za-z0-9+/]+=*$/)
        const decoded = yield* Encoding.decodeBase64String(authorization.slice("Basic ".length))
        assert.strictEqual(decoded, `${encoded}:${encoded}${encoded}`)
      })
    )
  })

  it.effect("is understood by the platform with a colon, a blank and non-ASCII in key and secret", () =>
    Effect.gen(function* () {
      const client = yield* OAuthClient.OAuthClient
      const received = yield* client.requestToken(app("k:é y", secret))
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      assert.deepStrictEqual(yield* emulator.currentToken, Option.some(Redacted.value(received.secret)))
    }).pipe(
      Effect.provide(
        Layer.provideMerge(OAuthClient.layer, ThingSpaceEmulator.layer({ appKey: "k:é y", appSecret: secret }))
      )
    )
  )

  it.effect("sends nothing where the key or the secret is empty", () =>
    Effect.gen(function* () {
      for (const [emptyKey, emptySecret] of [
        ["", "secret"],
        ["key", ""]
      ] as const) {
        const { client, sent } = recorder.make(recorder.json(200, issued))
        const error = yield* Effect.flip(requestOver(client, app(emptyKey, emptySecret)))
        assert.strictEqual(error._tag, "CredentialsError")
        assert.deepStrictEqual(sent, [])
      }
    })
  )

  it.effect("counts the expiry from before the request was sent", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const { client } = recorder.make((request) =>
        Effect.zipRight(TestClock.adjust("7 seconds"), recorder.json(200, issued)(request))
      )
      const received = yield* requestOver(client)
      assert.deepStrictEqual(Option.map(received.expiresAt, DateTime.toEpochMillis), Option.some(1_000_000 + 3_600_000))
    })
  )

  describe("reads expires_in", () => {
    const lastDate = 8.64e15
    const cases: ReadonlyArray<readonly [label: string, body: string, millis: number | undefined]> = [
      ["an integer", `"expires_in":1628`, 1_628_000],
      ["one second", `"expires_in":1`, 1000],
      ["a fraction, down to the millisecond", `"expires_in":1.9999`, 1999],
      ["an integer as text", `"expires_in":"3600"`, 3_600_000],
      ["zero as at its end", `"expires_in":0`, 0],
      ["a negative number as at its end", `"expires_in":-1`, 0],
      ["null as until refused", `"expires_in":null`, undefined],
      ["a missing lifetime as until refused", `"scope":""`, undefined],
      ["1e99 as until refused", `"expires_in":1e99`, undefined],
      ["more than a number holds as until refused", `"expires_in":1e999`, undefined],
      ["the last date there is", `"expires_in":${lastDate / 1000}`, lastDate],
      ["one second after the last date as until refused", `"expires_in":${lastDate / 1000 + 1}`, undefined],
      ["text that is no number as until refused", `"expires_in":"NaN"`, undefined],
      ["text about infinity as until refused", `"expires_in":"Infinity"`, undefined],
      ["a phrase as until refused", `"expires_in":"an hour"`, undefined],
      ["empty text as until refused", `"expires_in":""`, undefined],
      ["a boolean as until refused", `"expires_in":true`, undefined],
      ["a list as until refused", `"expires_in":[3600]`, undefined],
      ["an object as until refused", `"expires_in":{}`, undefined]
    ]
    it.effect.each(cases)("%s", ([_, member, millis]) =>
      Effect.gen(function* () {
        const body = `{"access_token":"t","token_type":"Bearer",${member}}`
        const received = yield* requestOver(recorder.make(recorder.answering(200, body)).client)
        assert.strictEqual(Redacted.value(received.secret), "t")
        assert.deepStrictEqual(Option.map(received.expiresAt, DateTime.toEpochMillis), Option.fromNullable(millis))
      })
    )
  })

  describe("accepts", () => {
    const cases: ReadonlyArray<readonly [label: string, status: number, body: string]> = [
      ["a lower-case token type", 200, `{"access_token":"t","token_type":"bearer"}`],
      ["a missing token type", 200, `{"access_token":"t"}`],
      ["a byte order mark", 200, `\uFEFF{"access_token":"t"}`],
      ["any status of success", 201, `{"access_token":"t"}`],
      ["fields nobody has documented", 200, `{"access_token":"t","refresh_token":null,"x":[1]}`],
      ["a body of exactly 64 KiB", 200, `{"access_token":"t","scope":"${"x".repeat(64 * 1024 - 33)}"}`]
    ]
    it.effect.each(cases)("%s", ([_, status, body]) =>
      Effect.gen(function* () {
        const received = yield* requestOver(recorder.make(recorder.answering(status, body)).client)
        assert.strictEqual(Redacted.value(received.secret), "t")
      })
    )
  })

  describe("fails with Decode on a success with", () => {
    const cases: ReadonlyArray<readonly [label: string, answer: recorder.Answer, description: string]> = [
      [
        "an HTML page",
        recorder.answering(200, `<html>${tokenText}</html>`, { "content-type": "text/html" }),
        "the body is not the documented JSON"
      ],
      ["an empty body", recorder.answering(200, ""), "the body is not the documented JSON"],
      ["status 204", recorder.answering(204), "the body is not the documented JSON"],
      [
        "a truncated JSON",
        recorder.answering(200, `{"access_token":"${tokenText}","exp`),
        "the body is not the documented JSON"
      ],
      ["a JSON null", recorder.answering(200, "null"), "the body is not the documented JSON"],
      ["a JSON list", recorder.answering(200, "[]"), "the body is not the documented JSON"],
      ["no access token", recorder.answering(200, "{}"), "unusable access_token"],
      ["an empty access token", recorder.json(200, { ...issued, access_token: "" }), "unusable access_token"],
      ["a number for an access token", recorder.json(200, { ...issued, access_token: 1 }), "unusable access_token"],
      ["token type mac", recorder.json(200, { ...issued, token_type: "mac" }), "unusable token_type"],
      ["token type null", recorder.json(200, { ...issued, token_type: null }), "unusable token_type"],
      ...["\r\n", "\n", "\0", "\t", "\u007f", "\u0085", "€", "\ud800"].map(
        (character): readonly [string, recorder.Answer, string] => [
          `${JSON.stringify(character)} in the access token`,
          recorder.json(200, { ...issued, access_token: `${tokenText}${character}x` }),
          "unusable access_token"
        ]
      ),
      ["a blank access token", recorder.json(200, { ...issued, access_token: " " }), "unusable access_token"]
    ]
    it.effect.each(cases)("%s", ([_, answer, description]) =>
      Effect.gen(function* () {
        const error = yield* requestFailure(answer)
        assert.include(fields(error), {
          _tag: "EndpointError",
          endpoint: "requestToken",
          reason: "Decode",
          description
        })
      })
    )
  })

  describe("reads no more than 64 KiB", () => {
    const limit = 64
    for (const status of [200, 400, 502]) {
      for (const announced of [true, false]) {
        it.effect(`of a status ${status} with 10 MB, ${announced ? "announced" : "not announced"}`, () =>
          Effect.gen(function* () {
            const { body, state } = recorder.chunked(10 * 1024)
            const headers: Record<string, string> = announced ? { "content-length": String(10 * 1024 * 1024) } : {}
            const { client } = recorder.make(() => Effect.sync(() => new Response(body(), { status, headers })))
            const error = yield* failure(requestOver(client))
            assert.include(fields(error), {
              _tag: "EndpointError",
              reason: status === 200 ? "Decode" : "StatusCode",
              status
            })
            assert.isAtMost(state.pulled, limit + 1)
            assert.isTrue(state.cancelled)
          })
        )
      }
    }
  })

  it.effect("fails with Transport where the body breaks off", () =>
    Effect.gen(function* () {
      const broken = () =>
        new ReadableStream({
          pull: (controller) => controller.error(new Error(`reset while reading ${tokenText}`))
        })
      const error = yield* requestFailure(() => Effect.sync(() => new Response(broken())))
      assert.include(fields(error), { _tag: "EndpointError", reason: "Transport", status: 200 })
    })
  )

  it.effect.each([301, 302, 303, 307, 308])("follows no redirect with status %i", (status) =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.answering(status, null, { location: "https://example.com/" }))
      const error = yield* failure(requestOver(client))
      assert.include(fields(error), {
        _tag: "EndpointError",
        reason: "StatusCode",
        status,
        description: "redirects are not followed"
      })
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("does not repeat what failed", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.answering(503))
      yield* failure(requestOver(client))
      assert.lengthOf(sent, 1)
    })
  )

  describe("keeps status and code of", () => {
    const fault = { code: "900901", message: "Invalid Credentials", description: "Access failure" }
    const xml = (code: string) =>
      `<am:fault xmlns:am="http://wso2.org/apimanager"><am:code>${code}</am:code><am:type>Status report</am:type>` +
      "<am:message>Not Found</am:message><am:description>The requested resource is not available.</am:description></am:fault>"
    const cases: ReadonlyArray<
      readonly [label: string, status: number, body: unknown, error: string, description: string | undefined]
    > = [
      [
        "an OAuth error",
        400,
        { error: "invalid_request", error_description: "Missing grant_type parameter value" },
        "invalid_request",
        "Missing grant_type parameter value"
      ],
      [
        "an OAuth error with status 200",
        200,
        { error: "invalid_client", error_description: "No." },
        "invalid_client",
        "No."
      ],
      ["a gateway's fault with status 200", 200, { fault: { code: "900800", message: "Slow" } }, "900800", "Slow"],
      [
        "an error of the session service with status 200",
        200,
        { errorCode: "UnifiedWebService.REQUEST_FAILED.UnexpectedError" },
        "UnifiedWebService.REQUEST_FAILED.UnexpectedError",
        undefined
      ],
      ["an OAuth error without a description", 401, { error: "invalid_client" }, "invalid_client", undefined],
      ["a wrapped gateway fault", 401, { fault }, "900901", "Access failure"],
      ["a wrapped gateway fault with a number", 401, { fault: { ...fault, code: 900901 } }, "900901", "Access failure"],
      ["a flat gateway fault", 401, fault, "900901", "Access failure"],
      ["a flat gateway fault with a number", 401, { ...fault, code: 900901 }, "900901", "Access failure"],
      [
        "a gateway fault without a description",
        401,
        { fault: { code: "900902", message: "Missing" } },
        "900902",
        "Missing"
      ],
      ["a gateway fault as XML", 403, xml("404"), "404", "The requested resource is not available."],
      [
        "a throttled gateway",
        503,
        { fault: { code: 900800, message: "Message throttled out" } },
        "900800",
        "Message throttled out"
      ],
      [
        "an error of the session service",
        400,
        { errorCode: "UnifiedWebService.REQUEST_FAILED.UnexpectedError", errorMessage: "Oops" },
        "UnifiedWebService.REQUEST_FAILED.UnexpectedError",
        "Oops"
      ]
    ]
    it.effect.each(cases)("%s", ([_, status, body, code, description]) =>
      Effect.gen(function* () {
        const text = typeof body === "string" ? body : JSON.stringify(body)
        const error = yield* requestFailure(recorder.answering(status, text))
        if (error._tag !== "OAuthError") return assert.fail(`expected an OAuthError, got ${String(error)}`)
        const { description: said, endpoint, error: kept, status: answered } = error
        assert.deepStrictEqual(
          { said, endpoint, kept, answered },
          { said: description, endpoint: "requestToken", kept: code, answered: status }
        )
      })
    )
  })

  describe("fails with StatusCode on an answer that explains nothing:", () => {
    const cases: ReadonlyArray<readonly [label: string, status: number, body: string]> = [
      ["a bare 401", 401, ""],
      ["a bare 503", 503, ""],
      ["a proxy's page", 502, "<html><body>Bad Gateway</body></html>"],
      ["a JSON list", 400, "[]"],
      ["a JSON text", 400, `"invalid_client"`],
      ["an empty object", 400, "{}"],
      ["an error that is an object", 400, `{"error":{"code":1}}`],
      ["an error code that is empty", 400, `{"errorCode":"","error":""}`],
      ["a fault that is null", 500, `{"fault":null}`],
      ["a truncated JSON", 400, `{"error":"invalid_cl`]
    ]
    it.effect.each(cases)("%s", ([_, status, body]) =>
      Effect.gen(function* () {
        const error = yield* requestFailure(recorder.answering(status, body))
        assert.include(fields(error), { _tag: "EndpointError", reason: "StatusCode", status })
      })
    )
  })

  describe("says what became of a request without an answer:", () => {
    const cases: ReadonlyArray<readonly [label: string, answer: recorder.Answer, reason: EndpointError["reason"]]> = [
      ["a refused connection was not sent", recorder.failing("ECONNREFUSED"), "NotSent"],
      ["an unknown host was not sent", recorder.failing("ENOTFOUND"), "NotSent"],
      ["a failed connection was not sent", recorder.failing("UND_ERR_CONNECT_TIMEOUT"), "NotSent"],
      ["an expired certificate was not sent", recorder.failing("CERT_HAS_EXPIRED"), "NotSent"],
      [
        "a host out of reach on connecting was not sent",
        recorder.failing("EHOSTUNREACH", { syscall: "connect" }),
        "NotSent"
      ],
      [
        "a host out of reach later may have been sent",
        recorder.failing("EHOSTUNREACH", { syscall: "write" }),
        "Transport"
      ],
      ["a connection that was reset may have been sent", recorder.failing("ECONNRESET"), "Transport"],
      ["a closed socket may have been sent", recorder.failing("UND_ERR_SOCKET"), "Transport"],
      [
        "a request that could not be encoded was not sent",
        (request) => Effect.fail(new HttpClientError.RequestError({ request, reason: "Encode" })),
        "NotSent"
      ],
      [
        "a failure without a cause may have been sent",
        (request) => Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport" })),
        "Transport"
      ]
    ]
    it.effect.each(cases)("%s", ([_, answer, reason]) =>
      Effect.gen(function* () {
        assert.include(fields(yield* requestFailure(answer)), { _tag: "EndpointError", reason })
      })
    )

    it.effect("a cause that is its own cause ends the search", () =>
      Effect.gen(function* () {
        const cause: { cause?: unknown } = {}
        cause.cause = cause
        const error = yield* requestFailure((request) =>
          Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))
        )
        assert.include(fields(error), { reason: "Transport" })
      })
    )
  })

  it.effect("gives up when 10 seconds have brought no answer", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(requestFailure(() => Effect.never))
      yield* TestClock.adjust(9_999)
      assert.isFalse(yield* ended(fiber))
      yield* TestClock.adjust(1)
      assert.include(fields(yield* Fiber.join(fiber)), { _tag: "EndpointError", reason: "Timeout" })
    })
  )

  it.effect("gives up when 10 seconds have not brought the end of the body", () =>
    Effect.gen(function* () {
      const endless = () => new ReadableStream({ pull: () => new Promise<void>(() => {}) })
      const fiber = yield* Effect.fork(requestFailure(() => Effect.sync(() => new Response(endless()))))
      yield* TestClock.adjust(9_999)
      assert.isFalse(yield* ended(fiber))
      yield* TestClock.adjust(1)
      assert.include(fields(yield* Fiber.join(fiber)), { _tag: "EndpointError", reason: "Timeout" })
    })
  )

  it.effect("gives up in time also where neither the transport nor the body can be stopped", () =>
    Effect.gen(function* () {
      const stubborn = () =>
        new ReadableStream({ pull: () => new Promise<void>(() => {}), cancel: () => new Promise<void>(() => {}) })
      for (const answer of [
        () => Effect.uninterruptible(Effect.never),
        () => Effect.sync(() => new Response(stubborn()))
      ]) {
        const fiber = yield* Effect.fork(requestFailure(answer))
        yield* TestClock.adjust("10 seconds")
        assert.isTrue(yield* ended(fiber))
      }
    })
  )

  it.effect("takes the deadline and the address from ThingSpaceConfig", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(() => Effect.never)
      const fiber = yield* requestOver(client).pipe(
        Effect.provide(ThingSpaceConfig.layer({ baseUrl: "http://localhost:8787/base/", requestTimeout: 500 })),
        Effect.flip,
        Effect.fork
      )
      yield* TestClock.adjust(500)
      assert.include(yield* Fiber.join(fiber), { _tag: "EndpointError", reason: "Timeout" })
      assert.strictEqual(sent[0]?.url, "http://localhost:8787/base/api/ts/v1/oauth2/token")
    })
  )

  it.effect.each([
    "http://thingspace.verizon.com",
    "ftp://thingspace.verizon.com",
    "https://user:pass@thingspace.verizon.com",
    "thingspace.verizon.com",
    ""
  ])("sends nothing to the base URL %j", (baseUrl) =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, issued))
      const settings: ThingSpaceConfig.Settings = {
        baseUrl,
        requestTimeout: (yield* ThingSpaceConfig.ThingSpaceConfig).requestTimeout,
        origins: new Map()
      }
      const error = yield* failure(
        Effect.provideService(requestOver(client), ThingSpaceConfig.ThingSpaceConfig, settings)
      )
      assert.include(fields(error), { _tag: "EndpointError", reason: "NotSent" })
      assert.deepStrictEqual(sent, [])
    })
  )

  it.effect("reads refusals alike where the client was built to fail on them", () =>
    Effect.gen(function* () {
      const { client } = recorder.make(recorder.json(401, { error: "invalid_client", error_description: "No." }))
      const plain = yield* failure(requestOver(client))
      const filtered = yield* failure(requestOver(HttpClient.filterStatusOk(client)))
      assert.deepStrictEqual(fields(filtered), fields(plain))
      assert.include(fields(plain), { _tag: "OAuthError", error: "invalid_client" })
    })
  )

  it.effect("reads an answer that the client's own logging has read before", () =>
    Effect.gen(function* () {
      for (const answer of [recorder.json(200, issued), recorder.json(401, { error: "invalid_client" })]) {
        const { client } = recorder.make(answer)
        const plain = yield* Effect.exit(requestOver(client))
        const logged = yield* Effect.exit(requestOver(HttpClient.tap(client, (response) => response.text)))
        assert.deepStrictEqual(
          Exit.mapBoth(logged, { onFailure: fields, onSuccess: String }),
          Exit.mapBoth(plain, { onFailure: fields, onSuccess: String })
        )
      }
    })
  )
})

describe("revokeToken", () => {
  it.effect("sends the documented request, byte for byte", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.answering(200, null, { RevokedAccessToken: tokenText }))
      const service = yield* over(client)
      yield* service.revokeToken(app("app-key", "app-secret"), token)
      assert.deepStrictEqual(sent, [
        {
          method: "POST",
          url: "https://thingspace.verizon.com/api/ts/v1/oauth2/revoke",
          headers: {
            accept: "application/json",
            "accept-encoding": "identity",
            authorization: "Basic YXBwLWtleTphcHAtc2VjcmV0",
            "content-length": "58",
            "content-type": "application/x-www-form-urlencoded"
          },
          body: "grant_type=client_credentials&token=tok%2Fen%2Bvalue%3D%3D"
        }
      ])
    })
  )

  it.effect.each([200, 204])("is content with a status %i without a body", (status) =>
    revokeOver(recorder.make(recorder.answering(status)).client)
  )

  it.effect("counts a token that the platform does not know as revoked (RFC 7009 section 2.2)", () =>
    Effect.gen(function* () {
      yield* revokeOver(recorder.make(recorder.json(400, { error: "invalid_token" })).client)
      const emulated = yield* OAuthClient.OAuthClient
      const { appKey, appSecret } = ThingSpaceEmulator.defaults
      yield* emulated.revokeToken(app(appKey, appSecret), token)
      const received = yield* emulated.requestToken(app(appKey, appSecret))
      yield* emulated.revokeToken(app(appKey, appSecret), received)
      yield* emulated.revokeToken(app(appKey, appSecret), received)
      const next = yield* emulated.requestToken(app(appKey, appSecret))
      assert.notStrictEqual(Redacted.value(next.secret), Redacted.value(received.secret))
    }).pipe(Effect.provide(Layer.provide(OAuthClient.layer, ThingSpaceEmulator.layer())))
  )

  const refusals: ReadonlyArray<readonly [label: string, status: number, body: unknown]> = [
    ["refused client", 401, { error: "invalid_client" }],
    ["unsupported token type", 400, { error: "unsupported_token_type" }],
    ["refused Basic header", 401, { fault: { code: "900902", message: "Missing Credentials" } }]
  ]
  it.effect.each(refusals)("fails on a %s", ([_, status, body]) =>
    Effect.gen(function* () {
      const error = yield* failure(revokeOver(recorder.make(recorder.json(status, body)).client))
      assert.include(fields(error), { _tag: "OAuthError", endpoint: "revokeToken", status })
    })
  )

  it.effect("gives up after 10 seconds", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.flip(revokeOver(recorder.make(() => Effect.never).client)))
      yield* TestClock.adjust("10 seconds")
      assert.include(yield* Fiber.join(fiber), { endpoint: "revokeToken", reason: "Timeout" })
    })
  )
})

describe("secrets", () => {
  const echoed = [...secrets, `grant_type=client_credentials&token=${secrecy.forms(tokenText)[1]}`]
    .flatMap((text) => [...secrecy.forms(text), text.replaceAll("&", "&amp;")])
    .join(" | ")
  const bodies: ReadonlyArray<readonly [dialect: string, body: string]> = [
    ["OAuth", JSON.stringify({ error: echoed, error_description: echoed })],
    ["a gateway", JSON.stringify({ fault: { code: echoed, message: echoed, description: echoed } })],
    [
      "XML",
      `<am:fault><am:code>1</am:code><am:description>${echoed.replaceAll("<", "&lt;")}</am:description></am:fault>`
    ],
    ["the session service", JSON.stringify({ errorCode: echoed, errorMessage: echoed })],
    ["nobody", echoed]
  ]

  it.effect.each(bodies)("stay out of the error when %s repeats them", ([_, body]) =>
    Effect.gen(function* () {
      for (const status of [200, 302, 400, 401, 500]) {
        const { client } = recorder.make(recorder.answering(status, body))
        yield* failure(requestOver(client), [key, secret, secrecy.basic(key, secret)])
        if (status !== 200) yield* failure(revokeOver(client))
      }
    })
  )

  it.effect("stay out of the error where one is part of another", () =>
    Effect.gen(function* () {
      const { client } = recorder.make(
        recorder.json(400, { error: "invalid_client", error_description: "no application abcdefgh with secret abcd" })
      )
      for (const overlapping of [app("abcdefgh", "abcd"), app("abcd", "abcdefgh")]) {
        const error = yield* Effect.flip(requestOver(client, overlapping))
        secrecy.assertSecret(error, ["abcd", "efgh"])
      }
    })
  )

  it.effect("stay out of the error of the transport, whatever its cause holds", () =>
    Effect.gen(function* () {
      const error = yield* requestFailure((request) =>
        Effect.fail(
          new HttpClientError.RequestError({ request, reason: "Transport", cause: { key, secret, tokenText } })
        )
      )
      assert.include(fields(error), { reason: "Transport" })
    })
  )

  it.effect("stay out of the token's own printing", () =>
    Effect.gen(function* () {
      const received = yield* requestOver(recorder.make(recorder.json(200, issued)).client)
      secrecy.assertSecret(received, [tokenText])
      secrecy.assertSecret(token, [tokenText])
    })
  )

  it.effect("stay out of every span, also where a revoked token comes back in a header without a name", () =>
    Effect.gen(function* () {
      const recorded = yield* spans.make
      const basic = secrecy.basic(key, secret)
      const { client } = recorder.make(
        recorder.answering(200, JSON.stringify(issued), { "x-whatever": tokenText, "set-cookie": `token=${tokenText}` })
      )
      yield* Effect.withTracer(Effect.zipRight(requestOver(client), revokeOver(client)), recorded.tracer)
      yield* Effect.withTracer(
        Effect.flip(requestOver(recorder.make(recorder.json(400, { error: "invalid_request" })).client)),
        recorded.tracer
      )
      assert.includeMembers(recorded.names(), ["ThingSpace.requestToken", "ThingSpace.revokeToken"])
      for (const hidden of [...secrets, basic].flatMap(secrecy.forms)) assert.notInclude(recorded.text(), hidden)
    })
  )
})

describe("fetch", () => {
  const fetching = (extra: Layer.Layer<never> | Layer.Layer<FetchHttpClient.RequestInit>) =>
    Effect.gen(function* () {
      const inits: Array<RequestInit | undefined> = []
      const fetch: typeof globalThis.fetch = (_, init) => {
        inits.push(init)
        return Promise.resolve(Response.json(issued))
      }
      const http = FetchHttpClient.layer.pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch)))
      yield* Effect.flatMap(OAuthClient.OAuthClient, (client) => client.requestToken(credentials)).pipe(
        Effect.provide(Layer.merge(Layer.provide(OAuthClient.layer, http), extra))
      )
      return inits
    })

  it.effect("is told not to follow redirects", () =>
    Effect.gen(function* () {
      const [init] = yield* fetching(Layer.empty)
      assert.strictEqual(init?.redirect, "manual")
    })
  )

  it.effect("is told so beside what the program tells it", () =>
    Effect.gen(function* () {
      const told = Layer.succeed(FetchHttpClient.RequestInit, { redirect: "follow", keepalive: true })
      const [init] = yield* fetching(told)
      assert.deepInclude({ ...init }, { redirect: "manual", keepalive: true })
    })
  )

  it.effect("may refuse redirects itself", () =>
    Effect.gen(function* () {
      const [init] = yield* fetching(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "error" }))
      assert.strictEqual(init?.redirect, "error")
    })
  )
})

describe("an answer nested too deeply to decode", () => {
  it.effect("is a Decode error, and no defect", () =>
    Effect.gen(function* () {
      const depth = 10_000
      const body = `{"access_token":${"[".repeat(depth)}${"]".repeat(depth)}}`
      const http = HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body))))
      const client = yield* Effect.provideService(OAuthClient.make, HttpClient.HttpClient, http)
      const error = yield* Effect.flip(client.requestToken(credentials))
      assert.strictEqual(error._tag === "EndpointError" ? error.reason : error._tag, "Decode")
    })
  )
})
