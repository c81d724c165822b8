import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import {
  type AuthError,
  CredentialsError,
  EndpointError,
  LoginBlocked,
  OAuthError,
  SessionError
} from "../src/AuthError.js"

const blocked = (reason: "Refused" | "Uncertain", attempts: number, retryAfter?: Duration.Duration) =>
  new LoginBlocked({ reason, attempts, since: DateTime.unsafeMake(0), retryAfter })

const messages: ReadonlyArray<readonly [error: AuthError, message: string]> = [
  [
    new OAuthError({ endpoint: "requestToken", status: 401, error: "invalid_client", description: "No." }),
    "requestToken was refused with invalid_client (status 401): No. Check the application key and secret."
  ],
  [
    new OAuthError({ endpoint: "revokeToken", status: 400, error: "invalid_client" }),
    "revokeToken was refused with invalid_client (status 400). Check the application key and secret."
  ],
  [
    new OAuthError({ endpoint: "login", status: 401, error: "900901" }),
    "login was refused with 900901 (status 401). The access token was not accepted for this call."
  ],
  [
    new OAuthError({ endpoint: "requestToken", status: 503, error: "900800", description: "Message throttled out" }),
    "requestToken was refused with 900800 (status 503): Message throttled out"
  ],
  [new OAuthError({ endpoint: "login", status: 404, error: "900906" }), "login was refused with 900906 (status 404)"],
  [
    new SessionError({ endpoint: "login", status: 400, errorCode: "A.B", errorMessage: "C" }),
    "login was refused with A.B (status 400): C"
  ],
  [
    new SessionError({ endpoint: "logout", status: 400, errorCode: "A.B", errorMessage: "" }),
    "logout was refused with A.B (status 400)"
  ],
  [new EndpointError({ endpoint: "login", reason: "Timeout" }), "login failed: Timeout"],
  [
    new EndpointError({
      endpoint: "login",
      reason: "StatusCode",
      status: 302,
      description: "redirects are not followed"
    }),
    "login failed: StatusCode (status 302): redirects are not followed"
  ],
  [
    new CredentialsError({ credentials: "App", description: "sealed" }),
    "The application credentials are not available: sealed"
  ],
  [
    new CredentialsError({ credentials: "Uws", description: "sealed" }),
    "The UWS credentials are not available: sealed"
  ],
  [
    blocked("Refused", 1),
    "No login was sent: the platform refused the username or password (1 attempt), and repeating it would lock the user. Supply other credentials, or call LoginGuard.reset."
  ],
  [
    blocked("Uncertain", 2, Duration.millis(1500)),
    "No login was sent: 2 attempts ended without a clear answer and may count towards the lock. The next is allowed in 1s 500ms."
  ]
]

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

  it("has no cause", () => {
    for (const [error] of messages) assert.isUndefined(error.cause)
  })
})
