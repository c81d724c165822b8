/**
 * Tests a service that calls ThingSpace, through the real pipeline, against the platform emulated in memory: `TestClock`
 * moves its time, and it fails where a test asks it to.
 *
 *     npm run example -- testing-your-code
 *
 * This is a file for Vitest; in your project the service and its tests are two files.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { type AuthError, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

// The service.

class Accounts extends Context.Tag("Accounts")<
  Accounts,
  {
    readonly owner: (
      account: string
    ) => Effect.Effect<string, AuthError.AuthError | HttpClientError.HttpClientError | ParseResult.ParseError>
  }
>() {
  static readonly layer = Layer.effect(
    Accounts,
    Effect.gen(function* () {
      const client = HttpClient.filterStatusOk(yield* ThingSpaceHttpClient.ThingSpaceHttpClient)
      const Account = Schema.Struct({ organizationName: Schema.String })
      return {
        owner: (account) =>
          client.get(`/api/m2m/v1/accounts/${account}`).pipe(
            Effect.flatMap(HttpClientResponse.schemaBodyJson(Account)),
            Effect.map(({ organizationName }) => organizationName)
          )
      }
    })
  )
}

// Its tests.

const { account } = ThingSpaceEmulator.defaults

const emulated = (password = ThingSpaceEmulator.credentials.password) =>
  Accounts.layer.pipe(
    Layer.provide(ThingSpaceHttpClient.layer({ ...ThingSpaceEmulator.credentials, password })),
    Layer.provideMerge(ThingSpaceEmulator.layer())
  )

describe("Accounts", () => {
  it.effect("names the owner of an account, also after a night without calls", () =>
    Effect.gen(function* () {
      const { owner } = yield* Accounts
      assert.strictEqual(yield* owner(account), "Emulated Organization")
      yield* TestClock.adjust("12 hours")
      assert.strictEqual(yield* owner(account), "Emulated Organization")
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("sends a wrong password once", () =>
    Effect.gen(function* () {
      const { owner } = yield* Accounts
      const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      assert.strictEqual((yield* Effect.flip(owner(account)))._tag, "SessionError")
      assert.strictEqual((yield* Effect.flip(owner(account)))._tag, "LoginBlocked")
      const logins = (yield* exchanges).filter(({ path }) => path.endsWith("/session/login"))
      assert.strictEqual(logins.length, 1)
    }).pipe(Effect.provide(emulated(Redacted.make("not the password"))))
  )

  it.effect("fails where the platform's answer is not an account", () =>
    Effect.gen(function* () {
      const { owner } = yield* Accounts
      const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* failNext(ThingSpaceEmulator.answer(200, { body: "{}" }), { path: "/api/m2m/v1/accounts" })
      assert.strictEqual((yield* Effect.flip(owner(account)))._tag, "ParseError")
    }).pipe(Effect.provide(emulated()))
  )
})
