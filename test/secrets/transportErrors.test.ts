/** A transport's own error holds what it likes; what a caller is handed in its place holds no credential. */
import { inspect } from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { account } from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"
import * as calls from "./calls.js"
import * as harness from "./harness.js"
import * as platform from "./platform.js"
import * as rendering from "./rendering.js"

type Sent = HttpClientRequest.HttpClientRequest

const tokensOf = ({ headers }: Sent): ReadonlyArray<string> => [
  (headers.authorization ?? "").slice("Bearer ".length),
  headers["vz-m2m-token"] ?? ""
]

const error = (properties: object): Error => Object.assign(new Error("the transport failed"), properties)

const formOf = (texts: ReadonlyArray<string>): FormData => {
  const form = new FormData()
  for (const text of texts) form.append("token", text)
  return form
}

const hidden = Symbol("sent")

class Keeper extends Error {
  readonly #sent: ReadonlyArray<string>
  constructor(sent: ReadonlyArray<string>) {
    super("kept")
    this.#sent = sent
  }
  get sent(): ReadonlyArray<string> {
    return this.#sent
  }
}

/** What a transport may make of a request that it could not send, or of an answer that it could not read. */
const shapes: Readonly<Record<string, (sent: Sent) => unknown>> = {
  "the headers as an object": ({ headers }) => headers,
  Headers: ({ headers }) => error({ headers: new Headers(headers) }),
  "a Request": ({ headers }) => error({ request: new Request("https://thingspace.verizon.com", { headers }) }),
  "a Map": ({ headers }) => error({ headers: new Map(Object.entries(headers)) }),
  "a Set": (sent) => error({ sent: new Set(tokensOf(sent)) }),
  "a symbol as a key": (sent) => error({ [hidden]: tokensOf(sent) }),
  "an inspection of its own": (sent) => error({ [inspect.custom]: () => tokensOf(sent).join() }),
  "JSON of its own": (sent) => error({ toJSON: () => ({ sent: tokensOf(sent) }) }),
  "form data": (sent) => error({ body: formOf(tokensOf(sent)) }),
  Base64: (sent) => error({ data: Encoding.encodeBase64(`x${tokensOf(sent).join()}`) }),
  "Base64 in its message": (sent) => new Error(`could not read ${Encoding.encodeBase64(`x${tokensOf(sent).join()}`)}`),
  "what a parser has left of a token": (sent) =>
    error({
      name: "HTTPParserError",
      code: "HPE_INVALID_CONSTANT",
      data: (tokensOf(sent)[1] ?? "").slice(1)
    }),
  "a time-out of a client that keeps its settings": ({ headers }) =>
    error({ name: "TimeoutError", code: "ECONNABORTED", config: { timeout: 1000, headers: new Headers(headers) } }),
  bytes: (sent) => error({ body: new TextEncoder().encode(tokensOf(sent).join()) }),
  "a message": (sent) => new Error(`could not send ${tokensOf(sent).join()}`),
  "part of a message": (sent) => new Error(`could not send ${tokensOf(sent).map((token) => token.slice(3, 11))}`),
  "the cause of a cause": (sent) =>
    new TypeError("fetch failed", { cause: new Error("lost", { cause: tokensOf(sent) }) }),
  "several errors": (sent) =>
    new AggregateError(
      tokensOf(sent).map((token) => new Error(token)),
      "no address answered"
    ),
  "a property that is not listed": (sent) =>
    Object.defineProperty(new Error("lost"), "sent", { enumerable: false, value: tokensOf(sent) }),
  "a getter": (sent) => new Keeper(tokensOf(sent)),
  "its name, code and stack": (sent) =>
    error({ name: tokensOf(sent)[0], code: tokensOf(sent)[1], stack: tokensOf(sent)[0] }),
  "an error of the platform package": (request) => new HttpClientError.RequestError({ request, reason: "Encode" }),
  "no error but text": (sent) => tokensOf(sent).join()
}

const failing =
  (fail: (request: Sent) => unknown) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.make((request) =>
      request.url.endsWith(account)
        ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: fail(request) }))
        : client.execute(request)
    )

/** A transport whose responses cannot be read. */
const broken =
  (fail: (request: Sent) => unknown) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.transformResponse(
      client,
      Effect.map((response) =>
        response.request.url.endsWith(account)
          ? new Proxy(response, {
              get: (target, name) => {
                if (name !== "text" && name !== "stream") return Reflect.get(target, name, target)
                const { request } = target
                const cause = fail(request)
                const reading = new HttpClientError.ResponseError({ request, response, reason: "Decode", cause })
                return name === "text" ? Effect.fail(reading) : Stream.fail(reading)
              }
            })
          : response
      )
    )

/** A transport that says in words what it could not send. */
const describing =
  (fail: (request: Sent) => unknown) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.make((request) => {
      if (!request.url.endsWith(account)) return client.execute(request)
      const cause = fail(request)
      const description = `cannot send ${tokensOf(request)}`
      return Effect.fail(new HttpClientError.RequestError({ request, reason: "Encode", description, cause }))
    })

class Busy extends Data.TaggedError("Busy")<{ readonly until: Date }> {}

const get = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))

/** The error that a program gets, and the tokens that were sent. */
const met = <A>(
  through: (fail: (request: Sent) => unknown) => platform.Setting["through"],
  fail: (request: Sent) => unknown,
  call: Effect.Effect<A, unknown, platform.Services>
) =>
  Effect.gen(function* () {
    const sent = new Set<string>()
    const noting = (request: Sent) => {
      for (const token of tokensOf(request)) sent.add(token)
      return fail(request)
    }
    const error = yield* Effect.flip(calls.inTime(call)).pipe(
      Effect.provide(platform.pipeline({ through: through(noting) }))
    )
    return { error, sent: [...sent] }
  }).pipe(Effect.provideService(harness.Watch, { mark: () => {}, note: () => {} }))

const run = 8

const assertShowsNone = (error: unknown, sent: ReadonlyArray<string>) => {
  assert.isNotEmpty(sent)
  const all = [...new Set(rendering.ofError(error))].join("\n").toLowerCase()
  for (const token of sent) {
    assert.isAtLeast(token.length, 32)
    for (const form of [
      token,
      ...["", "x", "xy"].map((before) => Encoding.encodeBase64(before + token).slice(4, -4))
    ]) {
      for (let at = 0; at + run <= form.length; at += 1) {
        const part = form.slice(at, at + run)
        assert.isFalse(all.includes(part.toLowerCase()), `shows ${part}`)
      }
    }
  }
}

describe("the error of a request shows no credential, if the transport's holds", () => {
  it.effect.each(Object.entries(shapes))("%s", ([, shape]) =>
    Effect.map(met(failing, shape, get), ({ error, sent }) => assertShowsNone(error, sent))
  )
})

describe("the error of reading a response shows no credential, if the transport's holds", () => {
  const text = Effect.flatMap(get, (response) => response.text)
  it.effect.each(Object.entries(shapes))("%s", ([, shape]) =>
    Effect.map(met(broken, shape, text), ({ error, sent }) => assertShowsNone(error, sent))
  )

  it.effect("text, and is read as a stream", () => {
    const stream = Effect.flatMap(get, (response) => Stream.runDrain(response.stream))
    return Effect.map(
      met(broken, (sent) => tokensOf(sent).join(), stream),
      ({ error, sent }) => assertShowsNone(error, sent)
    )
  })
})

describe("the error of a request", () => {
  it.effect("shows no credential of its description", () =>
    Effect.gen(function* () {
      const { error, sent } = yield* met(describing, () => undefined, get)
      assertShowsNone(error, sent)
      assert.include(String(error), "withheld")
    })
  )

  it.effect("says what failed: name, code, syscall and message, of the cause too", () =>
    Effect.gen(function* () {
      const system = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:443"), {
        code: "ECONNREFUSED",
        syscall: "connect",
        address: "127.0.0.1"
      })
      const { error } = yield* met(failing, () => new TypeError("fetch failed", { cause: system }), get)
      assert(HttpClientError.isHttpClientError(error))
      const { cause } = error
      assert(cause instanceof Error && cause.cause instanceof Error)
      assert.deepInclude({ ...cause, message: cause.message }, { name: "TypeError", message: "fetch failed" })
      const { message } = cause.cause
      assert.deepStrictEqual(
        { ...cause.cause, message },
        { name: "Error", message: system.message, code: "ECONNREFUSED", syscall: "connect" }
      )
    })
  )

  it.effect("ends where the transport's error is its own cause", () =>
    Effect.gen(function* () {
      const circular = new Error("again")
      circular.cause = circular
      const { error } = yield* met(failing, () => circular, get)
      assert.lengthOf(inspect(error, { depth: 12 }).match(/Error: again/g) ?? [], 5)
    })
  )

  it.effect("is the program's own as it is, if its client fails with one", () =>
    Effect.gen(function* () {
      const busy = new Busy({ until: new Date(0) })
      const client = HttpClient.transform(yield* HttpClient.HttpClient, () => Effect.fail(busy))
      const tokens = yield* TokenSource.TokenSource
      const error = yield* Effect.flip(ThingSpaceHttpClient.withAccessToken(client, { tokens }).get(account))
      assert.strictEqual(error, busy)
    }).pipe(
      Effect.provide([TokenSource.layerStatic(Redacted.make("a-token")), recorder.make(recorder.answering(200)).layer])
    )
  )
})
