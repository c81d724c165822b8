import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { messages } from "./utils/authErrors.js"

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
