/** No failure of authentication, of any kind and at any call, shows a secret, nor does what is told of it. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as AuthError from "../../src/AuthError.js"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account, paths } from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"
import * as calls from "./calls.js"
import * as harness from "./harness.js"
import * as indiscreet from "./indiscreet.js"
import { label } from "./label.js"
import * as platform from "./platform.js"

const { hang, lostRequest, lostResponse, truncated } = ThingSpaceEmulator

interface Trouble {
  /** What the emulated platform does, or the dialect in which one answers that repeats what it was sent. */
  readonly meets: ThingSpaceEmulator.Fault | keyof typeof indiscreet.dialects
  readonly ends: (endpoint: AuthError.Endpoint) => string | undefined
}

const isOAuth = (endpoint: AuthError.Endpoint) => endpoint === "requestToken" || endpoint === "revokeToken"
const isVoid = (endpoint: AuthError.Endpoint) => endpoint === "logout" || endpoint === "revokeToken"

const always = (ends: string) => () => ends

const troubles: Readonly<Record<string, Trouble>> = {
  "is lost": { meets: lostRequest, ends: always("EndpointError Transport") },
  "is answered in vain": { meets: lostResponse, ends: always("EndpointError Transport") },
  "is answered by half": {
    meets: truncated,
    ends: (endpoint) => (endpoint === "revokeToken" ? undefined : "EndpointError Transport")
  },
  "is never answered": { meets: hang, ends: always("EndpointError Timeout") },
  "is answered by a proxy's page": { meets: "a page", ends: always("EndpointError StatusCode") },
  "is answered in plain text": { meets: "plain text", ends: always("EndpointError StatusCode") },
  "is redirected": { meets: "a redirect", ends: always("EndpointError StatusCode") },
  "is answered with another type of token": {
    meets: "a token of another type",
    ends: (endpoint) => (isVoid(endpoint) ? undefined : "EndpointError Decode")
  },
  "is answered with tokens in the names of fields": {
    meets: "a field's name",
    ends: (endpoint) => (isVoid(endpoint) ? undefined : "EndpointError Decode")
  },
  "is answered with a page of success": {
    meets: "a page of a success",
    ends: (endpoint) => (isVoid(endpoint) ? undefined : "EndpointError Decode")
  },
  "is refused in OAuth's words": { meets: "OAuth's description", ends: always("OAuthError") },
  "is refused with a code of its own": { meets: "OAuth's code", ends: always("OAuthError") },
  "is refused by the gateway": { meets: "a gateway fault's description", ends: always("OAuthError") },
  "is refused by a newer gateway": { meets: "a flat fault", ends: always("OAuthError") },
  "is refused in XML": { meets: "an XML fault's message", ends: always("OAuthError") },
  "is refused by Cloud Connector": { meets: "Cloud Connector's description", ends: always("OAuthError") },
  "is refused by the session service": {
    meets: "a UWS message",
    ends: (endpoint) => (isOAuth(endpoint) ? "OAuthError" : "SessionError")
  },
  "is refused by the session service with a code of its own": {
    meets: "a UWS code",
    ends: (endpoint) => (isOAuth(endpoint) ? "OAuthError" : "SessionError")
  }
}

const grid = Object.entries(troubles).flatMap(([title, { ends, meets }]) =>
  AuthError.Endpoint.literals.flatMap((endpoint) => {
    const expected = ends(endpoint)
    return expected === undefined ? [] : ([[`${endpoint} ${title}`, { endpoint, expected, meets }]] as const)
  })
)

const { ThingSpaceEmulator: Emulator } = ThingSpaceEmulator
const client = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))
const reset = Effect.flatMap(LoginGuard.LoginGuard, ({ reset }) => reset(platform.user))

interface Case extends platform.Setting {
  readonly expected: string
  readonly run: Effect.Effect<unknown, unknown, platform.Services | harness.Watch>
}

const wrong = Redacted.make("Wr0ng-Kf4\"Nb7\\Qs2<Gz9>&Tj3'Uo5")
const none = Redacted.make("")

const answered = (answer: recorder.Answer) => () => recorder.make(answer).client

const unsendable = "Uns3nd-Kf4Nb7Qs2Gz9Tj3\nUo5Lw8Vn9"

const cases: Readonly<Record<string, Case>> = {
  "the application secret is wrong": { expected: "OAuthError", options: { secret: wrong }, run: client },
  "the application secret is missing": { expected: "CredentialsError App", options: { secret: none }, run: client },
  "the password is wrong": { expected: "SessionError", options: { password: wrong }, run: client },
  "the password is missing": { expected: "CredentialsError Uws", options: { password: none }, run: client },
  "a refused password is not sent again": {
    expected: "LoginBlocked Refused",
    options: { password: wrong },
    run: Effect.zipRight(Effect.ignore(client), client)
  },
  "the user is locked": {
    expected: "SessionError",
    options: { password: wrong },
    run: Effect.zipRight(Effect.repeatN(Effect.zipRight(Effect.ignore(client), reset), 5), client)
  },
  "the outcome of a login is not known": {
    expected: "EndpointError Transport",
    run: Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* emulator.failNext(lostResponse, { path: paths.login })
      yield* Effect.ignore(client)
      yield* client
    })
  },
  "a login was interrupted": {
    expected: "LoginBlocked Uncertain",
    run: Effect.flatMap(LoginGuard.LoginGuard, ({ attempt }) =>
      Effect.exit(attempt(Effect.succeed(platform.user), () => Effect.interrupt))
    ).pipe(Effect.zipRight(client))
  },
  "the old password is wrong": {
    expected: "SessionError",
    run: Effect.zipRight(calls.resetPassword, calls.resetPassword)
  },
  "there is no connection": {
    expected: "EndpointError NotSent",
    through: answered(recorder.failing("ECONNREFUSED")),
    run: client
  },
  "the client refuses its own answers": {
    expected: "EndpointError Decode",
    through: HttpClient.transformResponse(
      Effect.flatMap((response) =>
        Effect.fail(
          new HttpClientError.ResponseError({ request: response.request, response, reason: "Decode", cause: response })
        )
      )
    ),
    run: client
  },
  "the client cannot build the request": {
    expected: "EndpointError NotSent",
    through: () =>
      HttpClient.make(
        (request) =>
          Effect.fail(new HttpClientError.RequestError({ request, reason: "Encode", cause: request.headers }))
        // The span that a transport has of its own tells how the transport failed.
      ).pipe(HttpClient.withTracerDisabledWhen(() => true)),
    run: client
  },
  "an answer is too long": {
    expected: "EndpointError Decode",
    through: answered(recorder.json(200, { access_token: platform.secrets.secret.repeat(3000) })),
    run: client
  },
  "a token holds what no header can carry": {
    expected: "EndpointError Decode",
    through: answered(recorder.json(200, { access_token: unsendable, sessionToken: unsendable })),
    run: client
  },
  "the layer has been closed": {
    expected: "EndpointError NotSent",
    run: Effect.gen(function* () {
      const late = yield* Effect.scoped(
        Effect.map(Layer.build(platform.pipeline()), (context) => Effect.provide(client, context))
      )
      yield* late
    })
  }
}

const provoked = new Set([...grid, ...Object.entries(cases)].map(([, { expected }]) => expected))

describe("nothing shows a secret where", () => {
  it.effect.each(grid)("%s", ([, { endpoint, expected, meets }]) => {
    const { ask, before, path } = calls.calls[endpoint]
    const through = typeof meets === "string" ? indiscreet.repeating(path, indiscreet.dialects[meets]) : undefined
    return harness.showsNothing(
      Effect.gen(function* () {
        const emulator = yield* Emulator
        yield* before
        // A lost token request is repeated once.
        if (typeof meets !== "string") yield* emulator.failNext(meets, { path, times: 2 })
        assert.strictEqual(label(yield* harness.fails(endpoint, calls.inTime(ask))), expected)
      }).pipe(Effect.provide(platform.pipeline({ through })))
    )
  })

  it.effect.each(Object.entries(cases))("%s", ([, { expected, run, ...setting }]) =>
    harness.showsNothing(
      Effect.gen(function* () {
        const { mark } = yield* harness.Watch
        mark([
          { name: "token", secret: unsendable },
          ...[wrong].map((secret) => ({ name: "wrong secret", secret: Redacted.value(secret) }))
        ])
        assert.strictEqual(label(yield* harness.fails("call", run)), expected)
      }).pipe(Effect.provide(platform.pipeline(setting)))
    )
  )

  it("every kind of error has been provoked", () => {
    const reasons = {
      EndpointError: AuthError.EndpointError.fields.reason.literals,
      CredentialsError: AuthError.CredentialsError.fields.credentials.literals,
      LoginBlocked: AuthError.LoginBlocked.fields.reason.literals
    }
    const kinds = Object.entries(reasons).flatMap(([tag, all]) => all.map((reason) => `${tag} ${reason}`))
    assert.sameMembers([...provoked], [...kinds, "OAuthError", "SessionError"])
  })
})
