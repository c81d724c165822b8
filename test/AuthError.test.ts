import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as AuthError from "../src/AuthError.js"
import { codes, rows } from "./docs/pages.js"
import { messages } from "./utils/authErrors.js"

const request = HttpClientRequest.get("https://example.com/")
const answered = (status: number) =>
  new HttpClientError.ResponseError({
    request,
    response: HttpClientResponse.fromWeb(request, new Response(null, { status })),
    reason: "StatusCode"
  })
const notFound = answered(404)

const retryAfter = Duration.seconds(1)
type Endpoint = AuthError.Endpoint
const calls: ReadonlyArray<Endpoint> = ["requestToken", "revokeToken", "login", "logout"]

const oauth = (status: number, error: string, endpoint: Endpoint = "requestToken", after?: Duration.Duration) =>
  new AuthError.OAuthError({ endpoint, status, error, retryAfter: after })
const session = (status: number, errorCode: string, endpoint: Endpoint = "login", after?: Duration.Duration) =>
  new AuthError.SessionError({ endpoint, status, errorCode, errorMessage: "", retryAfter: after })
const failed = (
  reason: AuthError.EndpointError["reason"],
  rest: { readonly status?: number; readonly code?: string; readonly retryAfter?: Duration.Duration } = {},
  endpoint: Endpoint = "login"
) => new AuthError.EndpointError({ endpoint, reason, ...rest })
const blocked = (reason: "Refused" | "Uncertain", after?: Duration.Duration) =>
  new AuthError.LoginBlocked({ reason, attempts: 1, since: DateTime.unsafeMake(0), retryAfter: after })

const transience: ReadonlyArray<readonly [expected: boolean, failure: string, errors: ReadonlyArray<unknown>]> = [
  [
    true,
    "any of 408, 429, 500 and above (but not 511)",
    [408, 429, 500, 502, 503, 504, 599].flatMap((status) => [
      oauth(status, "x"),
      session(status, "X.Y"),
      failed("StatusCode", { status })
    ])
  ],
  [
    true,
    "a gateway that throttles (`9008xx`) or cannot reach the service (`101503`, `101504`, `303001`); `server_error`, `temporarily_unavailable`",
    ["900800", "900804", "101503", "101504", "303001", "server_error", "temporarily_unavailable"].flatMap((code) =>
      calls.map((endpoint) => oauth(400, code, endpoint))
    )
  ],
  [true, "`UnexpectedError` of the session service", [session(400, "X.REQUEST_FAILED.UnexpectedError")]],
  [
    true,
    "`Transport` and `Timeout`",
    calls.flatMap((endpoint) => [failed("Transport", {}, endpoint), failed("Timeout", {}, endpoint)])
  ],
  [
    true,
    "`NotSent` because there was no connection",
    ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH"].map((code) => failed("NotSent", { code }))
  ],
  [
    false,
    "`NotSent` for any other reason: a certificate, a `baseUrl`, a layer that has been closed",
    [failed("NotSent"), failed("NotSent", { code: "CERT_HAS_EXPIRED" })]
  ],
  [true, "`LoginBlocked` with `retryAfter`", [blocked("Uncertain", retryAfter)]],
  [false, "`LoginBlocked` without it", [blocked("Refused"), blocked("Uncertain")]],
  [
    true,
    "any other failure with `retryAfter`",
    [
      oauth(400, "x", "requestToken", retryAfter),
      oauth(401, "900901", "login", retryAfter),
      session(400, "X.Y", "login", retryAfter),
      failed("NotSent", { retryAfter }),
      failed("Decode", { status: 200, retryAfter })
    ]
  ],
  [
    false,
    "a refused key or secret, also with `retryAfter`",
    [
      oauth(401, "invalid_client"),
      oauth(400, "unauthorized_client"),
      oauth(401, "invalid_client", "requestToken", retryAfter),
      oauth(200, "invalid_client", "revokeToken", retryAfter),
      failed("StatusCode", { status: 401, retryAfter }, "requestToken")
    ]
  ],
  [
    false,
    "a refused access token, username or password, session or permission",
    [
      oauth(401, "900901", "login"),
      oauth(403, "900908", "login"),
      session(400, "X.INPUT_INVALID.Password.Invalid"),
      session(400, "X.REQUEST_FAILED.SessionToken.Expired", "logout")
    ]
  ],
  [
    false,
    "407, 511, a redirect, any other status below 500, `Decode`",
    [302, 400, 401, 404, 407, 511]
      .map((status) => failed("StatusCode", { status }))
      .concat(failed("Decode", { status: 200 }))
  ],
  [false, "`CredentialsError`", [new AuthError.CredentialsError({ credentials: "App", description: "sealed" })]],
  [
    false,
    "`resetPassword` that may have been executed, whatever else is true",
    [
      failed("Timeout", {}, "resetPassword"),
      failed("Transport", { retryAfter }, "resetPassword"),
      failed("StatusCode", { status: 503, retryAfter }, "resetPassword"),
      session(503, "X.Y", "resetPassword"),
      session(400, "X.REQUEST_FAILED.UnexpectedError", "resetPassword"),
      oauth(504, "101504", "resetPassword")
    ]
  ],
  [
    true,
    "`HttpClientError`: `Transport`, or an answer of a passing status",
    [
      new HttpClientError.RequestError({ request, reason: "Transport" }),
      answered(429),
      answered(503),
      new Cause.TimeoutException()
    ]
  ],
  [
    false,
    "`HttpClientError`: `InvalidUrl`, `Encode`, any other answer",
    [
      new HttpClientError.RequestError({ request, reason: "InvalidUrl" }),
      new HttpClientError.RequestError({ request, reason: "Encode" }),
      notFound,
      answered(511),
      new Error("a program's own"),
      undefined
    ]
  ]
]

const given = (error: AuthError.AuthError) =>
  Object.fromEntries(Object.entries(error).filter(([, value]) => value !== undefined))

describe("an error", () => {
  it.each(messages)("says what happened and what to do about it: %s", (error, message) => {
    assert.strictEqual(error.message, message)
    assert.include(String(error), message)
  })

  it.effect("is caught by its tag", () =>
    Effect.gen(function* () {
      for (const [error] of messages) {
        const caught = yield* Effect.catchTags(Effect.fail(error), {
          OAuthError: ({ error }) => Effect.succeed(error),
          SessionError: ({ errorCode }) => Effect.succeed(errorCode),
          EndpointError: ({ reason }) => Effect.succeed(reason),
          CredentialsError: ({ credentials }) => Effect.succeed(credentials),
          LoginBlocked: ({ reason }) => Effect.succeed(reason)
        })
        assert.isString(caught)
      }
    })
  )

  it.effect("survives JSON", () =>
    Effect.gen(function* () {
      const Json = Schema.parseJson(AuthError.AuthError)
      for (const [error] of messages) {
        const read = yield* Schema.decode(Json)(yield* Schema.encode(Json)(error))
        assert.deepStrictEqual(given(read), given(error))
        assert.strictEqual(read.message, error.message)
        assert.strictEqual(read.constructor, error.constructor)
      }
    })
  )

  it("is an AuthError, and nothing else is", () => {
    for (const [error] of messages) assert.isTrue(AuthError.isAuthError(error))
    for (const other of [undefined, "OAuthError", { _tag: "OAuthError" }, new Error("x"), notFound]) {
      assert.isFalse(AuthError.isAuthError(other))
    }
  })

  it("has no cause", () => {
    for (const [error] of messages) assert.isUndefined(error.cause)
  })
})

describe("isTransient", () => {
  it.each(transience)("is %s for %s", (expected, _, errors) => {
    for (const error of errors) assert.strictEqual(AuthError.isTransient(error), expected, String(error))
  })

  it("has the rows of docs/errors.md", () => {
    const page = rows("docs/errors.md", "Which failures pass by themselves").slice(1)
    assert.deepStrictEqual(
      page.map(([failure, answer]) => [codes(answer ?? "")[0], failure]),
      transience.map(([expected, failure]) => [String(expected), failure])
    )
  })

  it("judges a RequestError by the AuthError that is its cause", () => {
    const caused = (cause: unknown, reason: "Transport" | "Encode") =>
      new HttpClientError.RequestError({ request, reason, cause })
    assert.isFalse(
      AuthError.isTransient(
        caused(new AuthError.CredentialsError({ credentials: "App", description: "" }), "Transport")
      )
    )
    assert.isTrue(
      AuthError.isTransient(caused(new AuthError.EndpointError({ endpoint: "login", reason: "Timeout" }), "Encode"))
    )
  })
})
