/** What the library does not promise: where a secret does show, and whose doing it is. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Tracer from "effect/Tracer"
import { AccessToken } from "../../src/AccessToken.js"
import { CredentialsError } from "../../src/AuthError.js"
import * as Credentials from "../../src/Credentials.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { account, paths, tracing } from "../utils/pipeline.js"
import * as secrecy from "../utils/secrecy.js"
import * as harness from "./harness.js"
import * as indiscreet from "./indiscreet.js"
import * as platform from "./platform.js"

const get = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))

type Scenario = Effect.Effect<unknown, unknown, platform.Services | harness.Watch>

/** Which secrets come out, and where. */
const shown = (scenario: Scenario, setting?: platform.Setting) =>
  Effect.map(harness.watch(Effect.provide(scenario, platform.pipeline(setting))), ({ findings }) => ({
    secrets: [...new Set(findings.map(({ secret }) => secret))].sort(),
    sources: [...new Set(findings.map(({ source }) => source))].sort()
  }))

/** An API that repeats a request's tokens in its answer. */
const repeating = { through: indiscreet.repeating(account, indiscreet.dialects["a bare message"]) }

/** What the platform says of a login that it refuses, as the program gets it. */
const refusedLogin = (body: object, password: string = platform.secrets.password) =>
  Effect.gen(function* () {
    let error: unknown
    const { secrets } = yield* shown(
      Effect.gen(function* () {
        const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
        const answer = { errorCode: "INPUT_INVALID.Password.Invalid", ...body }
        yield* emulator.failNext(ThingSpaceEmulator.answer(400, { body: JSON.stringify(answer) }), {
          path: paths.login
        })
        error = yield* harness.fails("call", get)
      }),
      { options: { password: Redacted.make(password) } }
    )
    return { error, secrets }
  })

describe("what may show a secret", () => {
  it.effect("is the response of an API that repeats it, for whoever prints that response", () =>
    Effect.gen(function* () {
      const { secrets, sources } = yield* shown(harness.gets("response", get), repeating)
      assert.deepStrictEqual(secrets, ["access token", "session token"])
      assert.include(sources, "response")
    })
  )

  it.effect(
    "is a header of such a response in the span of its request, unless it is one of those for credentials",
    () =>
      Effect.gen(function* () {
        const { tracer, named } = yield* tracing
        const { sources } = yield* shown(Effect.withTracer(get, tracer), repeating)
        const attributes = named("http.client GET")?.attributes ?? new Map<string, unknown>()
        assert.match(String(attributes.get("http.response.header.x-request")), /^[0-9a-f]{32} and/)
        assert.strictEqual(String(attributes.get("http.response.header.set-cookie")), "<redacted>")
        assert.strictEqual(String(attributes.get("http.request.header.vz-m2m-token")), "<redacted>")
        assert.notInclude(sources, "log string")
      })
  )

  it.effect(
    "is what a tracer is told of the end of a request beneath the middleware: its response, as it was sent for",
    () =>
      Effect.gen(function* () {
        const { named, tracer } = yield* tracing
        const told = (span: Tracer.Span | undefined) =>
          harness.holds("told", span?.status._tag === "Ended" ? span.status.exit : undefined)
        const { secrets, sources } = yield* shown(
          Effect.zipRight(
            Effect.withTracer(get, tracer),
            Effect.suspend(() => told(named("http.client GET")))
          )
        )
        assert.deepStrictEqual(sources, ["told"])
        assert.deepStrictEqual(secrets, ["access token", "session token"])
      })
  )

  it.effect("is the span that a transport has of its own, where its error holds what it was to send", () =>
    Effect.gen(function* () {
      const failing = HttpClient.make((request) =>
        Effect.fail(new HttpClientError.RequestError({ request, reason: "Encode", cause: request.headers }))
      )
      const { secrets, sources } = yield* shown(Effect.ignore(get), { through: () => failing })
      assert.deepStrictEqual(secrets, ["Basic value"])
      assert.deepStrictEqual(sources, ["sdk span"])
    })
  )

  it.effect("is a client beneath the middleware that prints what it sends", () =>
    Effect.gen(function* () {
      const printing = HttpClient.tapRequest((request) => Effect.sync(() => printed.push(request.headers)))
      const printed: Array<unknown> = []
      const { secrets } = yield* shown(
        Effect.zipRight(
          get,
          Effect.suspend(() => harness.holds("printed", printed))
        ),
        { through: printing }
      )
      assert.deepStrictEqual(secrets, ["Basic value", "access token", "session token"])
    })
  )

  it.effect("is an error in which the platform mentions a secret that the call had not sent", () =>
    Effect.gen(function* () {
      const refused = Effect.gen(function* () {
        const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
        yield* get
        const [session] = yield* emulator.liveSessions
        yield* emulator.endSessions
        const body = JSON.stringify({ errorCode: "REQUEST_FAILED.Other", errorMessage: `There was ${session} before.` })
        yield* emulator.failNext(ThingSpaceEmulator.answer(400, { body }), { path: paths.login })
        yield* harness.fails("call", get)
      })
      const { secrets, sources } = yield* shown(refused)
      assert.deepStrictEqual(secrets, ["session token"])
      assert.include(sources, "call")
    })
  )

  it.effect("is an error of the program's own that holds one", () =>
    Effect.gen(function* () {
      const description = `the vault said ${platform.secrets.password}`
      const vault = Effect.fail(new CredentialsError({ credentials: "Uws", description }))
      const client = Layer.provide(
        ThingSpaceHttpClient.layerFromCredentials(),
        Layer.merge(Credentials.layerApp(platform.app), Credentials.layerUwsEffect(vault))
      )
      const { secrets } = yield* shown(Effect.provide(harness.fails("call", get), client))
      assert.deepStrictEqual(secrets, ["password"])
    })
  )

  it.effect("is a token that a program takes out of its wrapping", () =>
    Effect.gen(function* () {
      const token = Effect.flatMap(TokenSource.TokenSource, ({ get }) => get)
      const unwrapped = Effect.map(token, ({ secret }) => Redacted.value(secret))
      const encoded = Effect.flatMap(token, Schema.encode(AccessToken))
      const first = yield* shown(harness.gets("token", unwrapped))
      const second = yield* shown(harness.gets("token", encoded))
      assert.deepStrictEqual([first.secrets, second.secrets], [["access token"], ["access token"]])
    })
  )

  const uncommon: ReadonlyArray<readonly [writing: string, write: (secret: string) => string]> = [
    ["in hexadecimal", secrecy.writings["in hexadecimal"]],
    ["with blanks between its characters", (secret) => [...secret].join(" ")]
  ]
  it.effect.each(uncommon)("is an error in which the platform repeats the password %s", ([_, write]) =>
    Effect.gen(function* () {
      const said = write(platform.secrets.password)
      const { error } = yield* refusedLogin({ errorMessage: `No ${said}` })
      assert.include(String(error), said.slice(0, 100))
    })
  )

  it.effect("is an error in which the platform repeats seven characters of a secret, or part of a shorter one", () =>
    Effect.gen(function* () {
      const seven = platform.secrets.password.slice(0, 7)
      const first = yield* refusedLogin({ errorMessage: `It began with ${seven}` })
      assert.include(String(first.error), seven)
      const second = yield* refusedLogin({ errorMessage: "It began with Sho" }, "Short-1")
      assert.include(String(second.error), "Sho")
      assert.deepStrictEqual([...first.secrets, ...second.secrets], [])
    })
  )
})
