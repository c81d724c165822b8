import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { AccessToken } from "../src/AccessToken.js"
import type { AuthError } from "../src/AuthError.js"
import type * as Credentials from "../src/Credentials.js"
import * as OAuthClient from "../src/OAuthClient.js"
import * as SessionClient from "../src/SessionClient.js"
import { SessionToken } from "../src/SessionToken.js"
import * as ThingSpaceEmulator from "../src/ThingSpaceEmulator.js"
import * as recorder from "./utils/recorder.js"
import * as secrecy from "./utils/secrecy.js"
import * as spans from "./utils/spans.js"

const accessOf = (text: string) => new AccessToken({ secret: Redacted.make(text), expiresAt: Option.none() })
const sessionOf = (text: string) => new SessionToken({ secret: Redacted.make(text) })
const userOf = (username: string, password: string): Credentials.Uws => ({
  username,
  password: Redacted.make(password)
})

const accessText = "d7bc43e9acc31aba9654fc5cd0d8c520"
const sessionText = "bcce3ea6-fe4f-4952-bacf-eadd80718e83"
const password = `pass"wörd&<€>+`
const access = accessOf(accessText)
const session = sessionOf(sessionText)
const user = userOf("zbeeblebrox", password)
const secrets = [accessText, sessionText, password]

const over = (http: HttpClient.HttpClient) =>
  Effect.provide(
    SessionClient.SessionClient,
    Layer.provide(SessionClient.layer, Layer.succeed(HttpClient.HttpClient, http))
  )

/** The three calls, each with what makes it succeed. */
const calls: Readonly<
  Record<
    "login" | "logout" | "resetPassword",
    {
      readonly run: (client: SessionClient.Service) => Effect.Effect<unknown, AuthError>
      readonly sends: ReadonlyArray<string>
      readonly success: object
    }
  >
> = {
  login: {
    run: (client) => client.login(access, user),
    sends: [accessText, password],
    success: { sessionToken: sessionText }
  },
  logout: {
    run: (client) => client.logout(access, session),
    sends: [accessText, sessionText],
    success: { sessionToken: sessionText }
  },
  resetPassword: {
    run: (client) => client.resetPassword(access, session, Redacted.make(password)),
    sends: [accessText, sessionText, password],
    success: { newPassword: "Wh0a1545a84d" }
  }
}
const names = ["login", "logout", "resetPassword"] as const

const runOver = (name: (typeof names)[number], http: HttpClient.HttpClient) =>
  Effect.flatMap(over(http), calls[name].run)

/** The failure of a call, after a look at everything that could be printed of it. */
const failure = (name: (typeof names)[number], answer: recorder.Answer) =>
  Effect.tap(Effect.flip(runOver(name, recorder.make(answer).client)), (error) =>
    Effect.sync(() => secrecy.assertSecret(error, calls[name].sends))
  )

const fields = ({ name: _, ...error }: AuthError) => ({ ...error })

const platform = Layer.provideMerge(Layer.merge(OAuthClient.layer, SessionClient.layer), ThingSpaceEmulator.layer())

const issue = Effect.flatMap(OAuthClient.OAuthClient, (client) => {
  const { appKey, appSecret } = ThingSpaceEmulator.defaults
  return client.requestToken({ key: Redacted.make(appKey), secret: Redacted.make(appSecret) })
})

describe("login", () => {
  it.effect("sends the documented request, byte for byte", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, { sessionToken: sessionText }))
      const service = yield* over(client)
      const received = yield* service.login(access, userOf("zbeeblebrox", "IMgr8"))
      assert.strictEqual(Redacted.value(received.secret), sessionText)
      assert.deepStrictEqual(sent, [
        {
          method: "POST",
          url: "https://thingspace.verizon.com/api/m2m/v1/session/login",
          headers: {
            accept: "application/json",
            "accept-encoding": "identity",
            authorization: "Bearer d7bc43e9acc31aba9654fc5cd0d8c520",
            "content-length": "45",
            "content-type": "application/json"
          },
          body: `{"username":"zbeeblebrox","password":"IMgr8"}`
        }
      ])
    })
  )

  it.effect("sends a password with quotes, backslashes and non-ASCII as JSON in UTF-8", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, { sessionToken: sessionText }))
      const service = yield* over(client)
      yield* service.login(access, userOf("é", `"\\\n'€`))
      assert.strictEqual(sent[0]?.body, `{"username":"é","password":"\\"\\\\\\n'€"}`)
    })
  )

  it.effect.each([
    ["", "password"],
    ["user", ""]
  ] as const)("sends nothing for username %j and password %j", ([username, empty]) =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, { sessionToken: sessionText }))
      const service = yield* over(client)
      const error = yield* Effect.flip(service.login(access, userOf(username, empty)))
      assert.include(fields(error), { _tag: "CredentialsError", credentials: "Uws" })
      assert.deepStrictEqual(sent, [])
    })
  )

  const unusable: ReadonlyArray<readonly [label: string, sessionToken: unknown]> = [
    ["CR LF", "a\r\nb"],
    ["a control character", "a\u0000b"],
    ["a character beyond Latin-1", "a€b"],
    ["nothing", ""],
    ["a number", 7],
    ["null", null]
  ]
  it.effect.each(unusable)("refuses a session token with %s", ([_, sessionToken]) =>
    Effect.gen(function* () {
      const error = yield* failure("login", recorder.json(200, { sessionToken }))
      assert.include(fields(error), {
        _tag: "EndpointError",
        reason: "Decode",
        description: "unusable sessionToken"
      })
    })
  )

  it.effect("accepts a session token that is no GUID, as the simulator's are", () =>
    Effect.gen(function* () {
      const { client } = recorder.make(recorder.json(200, { sessionToken: "any value", expiresIn: 3600 }))
      const received = yield* Effect.flatMap(over(client), (service) => service.login(access, user))
      assert.strictEqual(Redacted.value(received.secret), "any value")
    })
  )
})

describe("a login that is not answered in time", () => {
  /** A platform that answers after so many seconds, and what becomes of a login there. */
  const late = (seconds: number, answer: recorder.Answer) =>
    Effect.gen(function* () {
      const heard: Array<Exit.Exit<SessionToken, AuthError>> = []
      const state = { interrupted: false }
      const { client, sent } = recorder.make((request) =>
        Effect.delay(answer(request), Duration.seconds(seconds)).pipe(
          Effect.onInterrupt(() => Effect.sync(() => Object.assign(state, { interrupted: true })))
        )
      )
      const scope = yield* Scope.make()
      const service = yield* Effect.provideService(SessionClient.make, HttpClient.HttpClient, client).pipe(
        Scope.extend(scope)
      )
      const login = service.login(access, user, { onLateAnswer: (exit) => Effect.sync(() => heard.push(exit)) })
      return { heard, login, sent, scope, service, state }
    })
  const session = recorder.json(200, { sessionToken: sessionText })
  const refusal = recorder.json(400, { errorCode: "X.INPUT_INVALID.Password.Invalid", errorMessage: "No." })

  it.effect("fails at the deadline, and what comes within two minutes more is handed over, once", () =>
    Effect.gen(function* () {
      const { heard, login, sent, state } = yield* late(129, session)
      const fiber = yield* Effect.fork(Effect.flip(login))
      yield* TestClock.adjust("10 seconds")
      assert.include(fields(yield* Fiber.join(fiber)), { _tag: "EndpointError", reason: "Timeout" })
      yield* TestClock.adjust("118 seconds")
      assert.deepStrictEqual(heard, [])
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(heard.map(Exit.map(({ secret }) => Redacted.value(secret))), [Exit.succeed(sessionText)])
      assert.lengthOf(sent, 1)
      assert.isFalse(state.interrupted)
    })
  )

  it.effect("hands a late refusal over as the error that it is", () =>
    Effect.gen(function* () {
      const { heard, login } = yield* late(15, refusal)
      yield* Effect.fork(Effect.either(login))
      yield* TestClock.adjust("15 seconds")
      const [error] = heard.map((exit) =>
        Exit.isFailure(exit) ? Option.getOrThrow(Cause.failureOption(exit.cause)) : exit
      )
      assert.include(error, { _tag: "SessionError", errorCode: "X.INPUT_INVALID.Password.Invalid" })
    })
  )

  it.effect("is listened to for two minutes, and closed after that", () =>
    Effect.gen(function* () {
      const { heard, login, state } = yield* late(131, session)
      yield* Effect.fork(Effect.either(login))
      yield* TestClock.adjust("129 seconds")
      assert.isFalse(state.interrupted)
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("1 minute")
      assert.isTrue(state.interrupted)
      assert.deepStrictEqual(heard, [])
    })
  )

  it.effect("is listened to no longer than the scope that the client was built in", () =>
    Effect.gen(function* () {
      const { heard, login, scope, state } = yield* late(60, session)
      yield* Effect.fork(Effect.either(login))
      yield* TestClock.adjust("10 seconds")
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(state.interrupted)
      assert.deepStrictEqual(heard, [])
    })
  )

  it.effect("ends with its caller before the deadline", () =>
    Effect.gen(function* () {
      const { heard, login, state } = yield* late(5, session)
      const fiber = yield* Effect.fork(login)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(state.interrupted)
      assert.deepStrictEqual(heard, [])
    })
  )

  it.effect("hears nothing twice if the answer is in time", () =>
    Effect.gen(function* () {
      const { heard, login } = yield* late(9, session)
      const fiber = yield* Effect.fork(login)
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(Redacted.value((yield* Fiber.join(fiber)).secret), sessionText)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(heard, [])
    })
  )

  it.effect("is closed at the deadline if nobody listens", () =>
    Effect.gen(function* () {
      const { service, state } = yield* late(15, session)
      yield* Effect.fork(Effect.either(service.login(access, user)))
      yield* TestClock.adjust("10 seconds")
      yield* TestClock.adjust("1 second")
      assert.isTrue(state.interrupted)
    })
  )
})

describe("logout", () => {
  it.effect("sends the documented request, byte for byte, without a body", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, { sessionToken: sessionText }))
      yield* runOver("logout", client)
      assert.deepStrictEqual(sent, [
        {
          method: "POST",
          url: "https://thingspace.verizon.com/api/m2m/v1/session/logout",
          headers: {
            accept: "application/json",
            "accept-encoding": "identity",
            authorization: "Bearer d7bc43e9acc31aba9654fc5cd0d8c520",
            "vz-m2m-token": "bcce3ea6-fe4f-4952-bacf-eadd80718e83"
          },
          body: "Empty"
        }
      ])
    })
  )

  it.effect("is content with an answer without a body", () =>
    runOver("logout", recorder.make(recorder.answering(204)).client)
  )
})

describe("resetPassword", () => {
  it.effect("sends the documented request, byte for byte", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, { newPassword: "Wh0a1545a84d" }))
      const service = yield* over(client)
      const received = yield* service.resetPassword(access, session, Redacted.make("grflbk"))
      assert.strictEqual(Redacted.value(received), "Wh0a1545a84d")
      assert.deepStrictEqual(sent, [
        {
          method: "PUT",
          url: "https://thingspace.verizon.com/api/m2m/v1/session/password/actions/reset",
          headers: {
            accept: "application/json",
            "accept-encoding": "identity",
            authorization: "Bearer d7bc43e9acc31aba9654fc5cd0d8c520",
            "content-length": "24",
            "content-type": "application/json",
            "vz-m2m-token": "bcce3ea6-fe4f-4952-bacf-eadd80718e83"
          },
          body: `{"oldPassword":"grflbk"}`
        }
      ])
    })
  )

  it.effect("sends nothing where the old password is empty", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, { newPassword: "x" }))
      const service = yield* over(client)
      const error = yield* Effect.flip(service.resetPassword(access, session, Redacted.make("")))
      assert.strictEqual(error._tag, "CredentialsError")
      assert.deepStrictEqual(sent, [])
    })
  )

  it.effect.each([500, 503, 200])("is sent once, also where the answer is a useless %i", (status) =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.answering(status, "{}"))
      yield* Effect.flip(runOver("resetPassword", client))
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("hides the new password, also where the answer cannot be used", () =>
    Effect.gen(function* () {
      const { client } = recorder.make(recorder.json(200, { newPassword: "Wh0a1545a84d" }))
      secrecy.assertSecret(yield* runOver("resetPassword", client), ["Wh0a1545a84d"])
      for (const body of [`{"newPassword":["Wh0a1545a84d"]}`, `{"newPassword":"Wh0a1545a84d`]) {
        const error = yield* failure("resetPassword", recorder.answering(200, body))
        secrecy.assertSecret(error, ["Wh0a1545a84d"])
      }
    })
  )

  it.effect("is what the platform accepts from then on", () =>
    Effect.gen(function* () {
      const client = yield* SessionClient.SessionClient
      const { password: old, username } = ThingSpaceEmulator.defaults
      const bearer = yield* issue
      const held = yield* client.login(bearer, userOf(username, old))
      const renewed = yield* client.resetPassword(bearer, held, Redacted.make(old))
      assert.isTrue(Either.isLeft(yield* Effect.either(client.login(bearer, userOf(username, old)))))
      yield* client.login(bearer, { username, password: renewed })
    }).pipe(Effect.provide(platform))
  )
})

describe("a session at the platform", () => {
  it.effect("is live after login and gone after logout", () =>
    Effect.gen(function* () {
      const client = yield* SessionClient.SessionClient
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const { password, username } = ThingSpaceEmulator.defaults
      const bearer = yield* issue
      const held = yield* client.login(bearer, userOf(username, password))
      assert.include(yield* emulator.liveSessions, Redacted.value(held.secret))
      yield* client.logout(bearer, held)
      assert.notInclude(yield* emulator.liveSessions, Redacted.value(held.secret))
    }).pipe(Effect.provide(platform))
  )
})

for (const name of names) {
  describe(`every call: ${name}`, () => {
    const errors: ReadonlyArray<readonly [label: string, status: number, body: unknown, error: object]> = [
      [
        "the session service's refusal",
        400,
        {
          errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired",
          errorMessage: "The Session has expired."
        },
        {
          _tag: "SessionError",
          errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired",
          errorMessage: "The Session has expired."
        }
      ],
      [
        "a refusal without a message",
        400,
        { errorCode: "X.Y" },
        { _tag: "SessionError", errorCode: "X.Y", errorMessage: "" }
      ],
      [
        "a refusal with another status",
        429,
        { errorCode: "X.Y", errorMessage: "Z" },
        { _tag: "SessionError", errorCode: "X.Y", errorMessage: "Z" }
      ],
      [
        "a gateway's fault",
        401,
        { fault: { code: "900901", message: "Invalid Credentials", description: "Access failure" } },
        { _tag: "OAuthError", error: "900901", description: "Access failure" }
      ],
      [
        "a fault beside an errorCode, which is the gateway's word",
        401,
        { fault: { code: 900901 }, errorCode: "X.Y", errorMessage: "Z" },
        { _tag: "OAuthError", error: "900901" }
      ],
      [
        "a bearer's refusal (RFC 6750)",
        401,
        { error: "invalid_token" },
        { _tag: "OAuthError", error: "invalid_token" }
      ],
      [
        "the session service's refusal in a success",
        200,
        { errorCode: "X.INPUT_INVALID.Password.Invalid", errorMessage: "No." },
        { _tag: "SessionError", errorCode: "X.INPUT_INVALID.Password.Invalid", errorMessage: "No." }
      ],
      [
        "a gateway's fault in a success",
        200,
        { fault: { code: "900901", description: "Access failure" } },
        { _tag: "OAuthError", error: "900901", description: "Access failure" }
      ],
      ["an OAuth error in a success", 200, { error: "server_error" }, { _tag: "OAuthError", error: "server_error" }],
      [
        "a refusal in capitals, in a list",
        400,
        [{ ErrorCode: "X.Y", ErrorMessage: "Z" }],
        { _tag: "SessionError", errorCode: "X.Y", errorMessage: "Z" }
      ],
      [
        "a proxy that asks for credentials",
        407,
        undefined,
        { _tag: "EndpointError", reason: "StatusCode", description: "a proxy asks for credentials of its own" }
      ],
      [
        "a network that asks for a sign-in",
        511,
        undefined,
        { _tag: "EndpointError", reason: "StatusCode", description: "the network asks for a sign-in" }
      ],
      ["a bare status", 503, undefined, { _tag: "EndpointError", reason: "StatusCode" }],
      ["a redirect", 302, undefined, { _tag: "EndpointError", reason: "StatusCode" }]
    ]
    it.effect.each(errors)("keeps status and code of %s", ([_, status, body, expected]) =>
      Effect.gen(function* () {
        const error = yield* failure(name, recorder.answering(status, body === undefined ? null : JSON.stringify(body)))
        assert.include(fields(error), { ...expected, endpoint: name, status })
      })
    )

    it.effect("keeps the secrets out of an error that repeats them", () =>
      Effect.gen(function* () {
        const echoed = calls[name].sends.flatMap(secrecy.forms).join(" ")
        yield* failure(name, recorder.json(400, { errorCode: echoed, errorMessage: echoed }))
        yield* failure(name, recorder.json(401, { fault: { code: echoed, description: echoed } }))
        yield* failure(name, recorder.json(400, { error: echoed, error_description: echoed }))
      })
    )

    it.effect("keeps the secrets out of every span", () =>
      Effect.gen(function* () {
        const recorded = yield* spans.make
        const { client } = recorder.make(
          recorder.answering(200, JSON.stringify(calls[name].success), { "x-session": sessionText })
        )
        yield* Effect.withTracer(runOver(name, client), recorded.tracer)
        assert.include(recorded.names(), `ThingSpace.${name}`)
        for (const hidden of secrets.flatMap(secrecy.forms)) assert.notInclude(recorded.text(), hidden)
      })
    )

    it.effect("gives up after 10 seconds", () =>
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(failure(name, () => Effect.never))
        yield* TestClock.adjust(9_999)
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* TestClock.adjust(1)
        assert.include(fields(yield* Fiber.join(fiber)), { _tag: "EndpointError", endpoint: name, reason: "Timeout" })
      })
    )

    it.effect("tells a request that was not sent from one that may have been", () =>
      Effect.gen(function* () {
        assert.include(fields(yield* failure(name, recorder.failing("ECONNREFUSED"))), { reason: "NotSent" })
        assert.include(fields(yield* failure(name, recorder.failing("ECONNRESET"))), { reason: "Transport" })
      })
    )

    it.effect("refuses a token that no header can carry before sending", () =>
      Effect.gen(function* () {
        for (const text of ["", "a\r\nx: y", "a\nb", "a\u0000b", "a\u007fb", "a\u0085b", " a", "a ", "a€"]) {
          const { client, sent } = recorder.make(recorder.json(200, calls[name].success))
          const service = yield* over(client)
          const attempts: ReadonlyArray<Effect.Effect<unknown, AuthError>> = {
            login: [service.login(accessOf(text), user)],
            logout: [service.logout(accessOf(text), session), service.logout(access, sessionOf(text))],
            resetPassword: [
              service.resetPassword(accessOf(text), session, Redacted.make(password)),
              service.resetPassword(access, sessionOf(text), Redacted.make(password))
            ]
          }[name]
          for (const attempt of attempts) {
            const error = yield* Effect.flip(attempt)
            assert.include(fields(error), { _tag: "EndpointError", endpoint: name, reason: "NotSent" })
            secrecy.assertSecret(error, secrets)
          }
          assert.deepStrictEqual(sent, [])
        }
      })
    )
  })
}

describe("a request with a password", () => {
  it.effect.each(["login", "resetPassword"] as const)(
    "does not show it where %s is printed beneath the client",
    (name) =>
      Effect.gen(function* () {
        const printed: Array<string> = []
        const http = HttpClient.make((request) => {
          printed.push(JSON.stringify(request))
          return Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(calls[name].success)))
        })
        yield* runOver(name, http)
        assert.lengthOf(printed, 1)
        // Whatever escapes its quotation mark, its letters stay.
        assert.notInclude(printed.join(), "wörd")
      })
  )
})
