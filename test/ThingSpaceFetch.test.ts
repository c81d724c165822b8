import { createServer } from "node:http"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { isHttpClientError } from "@effect/platform/HttpClientError"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as SessionSource from "../src/SessionSource.js"
import * as ThingSpaceConfig from "../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../src/ThingSpaceEmulator.js"
import * as ThingSpaceFetch from "../src/ThingSpaceFetch.js"
import * as ThingSpaceHttpClient from "../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../src/TokenSource.js"
import * as pipeline from "./utils/pipeline.js"

const { account, cost, received } = pipeline

const base = ThingSpaceConfig.ThingSpaceConfig.defaultValue().baseUrl
const devices = "/api/m2m/v1/devices/actions/list"

const calling = (...args: Parameters<typeof fetch>) =>
  Effect.flatMap(ThingSpaceFetch.make, (own) => Effect.promise(() => own(...args)))

/** What a call rejects with. */
const rejection = (...args: Parameters<typeof fetch>) =>
  Effect.flatMap(ThingSpaceFetch.make, (own) =>
    Effect.promise(() =>
      own(...args).then(
        ({ status }) => assert.fail(`answered with status ${status}`),
        (error: unknown) => error
      )
    )
  )

const causeOf = (error: unknown) => (error instanceof TypeError ? error.cause : undefined)
const text = (response: Response) => Effect.promise(() => response.text())
const emulator = ThingSpaceEmulator.ThingSpaceEmulator

const answering = (status: number, options?: Parameters<typeof ThingSpaceEmulator.answer>[1]) =>
  Effect.flatMap(emulator, ({ failNext }) => failNext(ThingSpaceEmulator.answer(status, options), { path: account }))

const whole = pipeline.layer()

describe("a fetch made by ThingSpaceFetch", () => {
  it.effect("joins a path to the platform's address, and takes a URL or a Request for it", () =>
    Effect.gen(function* () {
      for (const input of [account, `${base}${account}`, new URL(account, base), new Request(`${base}${account}`)]) {
        const response = yield* calling(input)
        assert.strictEqual(response.status, 200)
        assert.include(yield* text(response), "Emulated Organization")
      }
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(whole))
  )

  it.effect("heals a revoked token and an ended session with one renewal each, and sends the body again", () =>
    Effect.gen(function* () {
      yield* calling(account)
      const { endSessions, revokeAll } = yield* emulator
      yield* revokeAll
      yield* endSessions
      const body = JSON.stringify({ maxNumberOfDevices: 5 })
      const response = yield* calling(new Request(`${base}${devices}`, { method: "POST", body }))
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
      for (const sent of yield* received(devices)) assert.strictEqual(sent.body, body)
    }).pipe(Effect.provide(whole))
  )

  it.effect("lets init change what a Request says", () =>
    Effect.gen(function* () {
      const request = new Request(`${base}${account}`, { headers: { "x-one": "1" } })
      yield* calling(request, { method: "post", headers: { "x-two": "2" }, body: "{}" })
      const [sent] = yield* received(account)
      assert.strictEqual(sent?.method, "POST")
      assert.strictEqual(sent?.headers["x-two"], "2")
      assert.notProperty(sent?.headers, "x-one")
      assert.strictEqual(sent?.body, "{}")
    }).pipe(Effect.provide(whole))
  )

  it.effect("drops the credentials and the host of the caller, and keeps every other header", () =>
    Effect.gen(function* () {
      const headers = {
        Authorization: "Bearer own",
        "VZ-M2M-Token": "own",
        SessionToken: "own",
        Cookie: "session=own",
        Host: "elsewhere.example",
        "X-Trace": "kept"
      }
      yield* calling(account, { headers })
      const [sent] = yield* received(account)
      assert.strictEqual(sent?.headers["x-trace"], "kept")
      assert.notInclude(JSON.stringify(sent?.headers), "own")
      assert.notInclude(JSON.stringify(sent?.headers), "elsewhere")
      assert.match(sent?.headers.authorization ?? "", /^Bearer /)
    }).pipe(Effect.provide(whole))
  )

  const form = new FormData()
  form.append("name", "value")
  const bodies: ReadonlyArray<readonly [string, BodyInit, type: RegExp, text: RegExp]> = [
    ["text", "some text", /^text\/plain;charset=UTF-8$/, /^some text$/],
    ["parameters", new URLSearchParams({ a: "b c" }), /^application\/x-www-form-urlencoded/, /^a=b\+c$/],
    ["a form", form, /^multipart\/form-data; boundary=/, /name="name"\r\n\r\nvalue/],
    ["a blob", new Blob(["{}"], { type: "application/json" }), /^application\/json$/, /^\{\}$/],
    ["bytes", new TextEncoder().encode("bytes"), /^application\/octet-stream$/, /^bytes$/],
    ["a stream", new Blob(["streamed"]).stream(), /^application\/octet-stream$/, /^streamed$/]
  ]

  it.effect.each(bodies)("sends %s, and says what it is", ([, body, type, content]) =>
    Effect.gen(function* () {
      yield* calling(devices, { method: "POST", body, duplex: "half" } as RequestInit)
      const [sent] = yield* received(devices)
      assert.match(sent?.headers["content-type"] ?? "", type)
      assert.match(sent?.body ?? "", content)
    }).pipe(Effect.provide(whole))
  )

  it.effect("sends a body once that is too long to be kept, as a stream", () =>
    Effect.gen(function* () {
      yield* calling(account)
      yield* (yield* emulator).endSessions
      const body = new Uint8Array(8 * 1024 * 1024 + 1).fill(32)
      const refused = yield* calling(devices, { method: "POST", body })
      assert.strictEqual(refused.status, 400)
      const [sent] = yield* received(devices)
      assert.strictEqual(sent?.body.length, body.length)
      const next = yield* calling(account)
      assert.strictEqual(next.status, 200)
    }).pipe(Effect.provide(whole))
  )

  it.effect("sends nothing if the body breaks off while it is read", () =>
    Effect.gen(function* () {
      const broken = new Error("broken")
      const body = new ReadableStream({ pull: (controller) => controller.error(broken) })
      const error = yield* rejection(devices, { method: "POST", body, duplex: "half" } as RequestInit)
      const cause = causeOf(error)
      assert.strictEqual(isHttpClientError(cause) && cause.cause, broken)
      assert.deepStrictEqual(yield* cost, { tokens: 0, logins: 0 })
    }).pipe(Effect.provide(whole))
  )

  it.effect("sends nothing if the signal is aborted, and rejects with its reason", () =>
    Effect.gen(function* () {
      const own = new Error("not now")
      assert.strictEqual(yield* rejection(account, { signal: AbortSignal.abort(own) }), own)
      const error = yield* rejection(new Request(`${base}${account}`, { signal: AbortSignal.abort() }))
      assert.strictEqual(error instanceof DOMException && error.name, "AbortError")
      assert.deepStrictEqual(yield* cost, { tokens: 0, logins: 0 })
    }).pipe(Effect.provide(whole))
  )

  it.effect("rejects a method that no HttpClient sends, and what fetch itself would refuse", () =>
    Effect.gen(function* () {
      assert.instanceOf(yield* rejection(account, { method: "PROPFIND" }), TypeError)
      assert.instanceOf(yield* rejection(account, { method: "GET", body: "a body" }), TypeError)
      assert.deepStrictEqual(yield* cost, { tokens: 0, logins: 0 })
    }).pipe(Effect.provide(whole))
  )

  it.effect.each([
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "no-slash",
    "https://u:p@thingspace.verizon.com/"
  ])("sends nothing to %s", (url) =>
    Effect.gen(function* () {
      const error = yield* rejection(url)
      assert.instanceOf(error, TypeError)
      const cause = error instanceof Error ? error.cause : undefined
      assert.isTrue(isHttpClientError(cause) && cause.reason === "InvalidUrl")
      assert.deepStrictEqual(yield* cost, { tokens: 0, logins: 0 })
    }).pipe(Effect.provide(whole))
  )

  it.effect("rejects with the authentication's own error as the cause, and says what to do", () =>
    Effect.gen(function* () {
      const refused = yield* rejection(account)
      const blocked = yield* rejection(account)
      const tags = [refused, blocked].map(causeOf)
      assert.deepStrictEqual(
        tags.map((cause) => Object(cause)._tag),
        ["SessionError", "LoginBlocked"]
      )
      assert.match(
        String(refused),
        /^TypeError: fetch failed: login was refused .* Check the UWS username and password/
      )
    }).pipe(Effect.provide(pipeline.layer({ password: Redacted.make("not-the-password") })))
  )

  it.effect.each([204, 205, 304])("answers %s without a body", (status) =>
    Effect.gen(function* () {
      yield* answering(status, { body: "" })
      const response = yield* calling(account)
      assert.strictEqual(response.status, status)
      assert.isNull(response.body)
    }).pipe(Effect.provide(whole))
  )

  it.effect("hands a redirect back, whatever the caller asks for", () =>
    Effect.gen(function* () {
      yield* answering(302, { body: "", headers: { location: "https://elsewhere.example/" } })
      const response = yield* calling(account, { redirect: "follow" })
      assert.strictEqual(response.status, 302)
      assert.strictEqual(response.headers.get("location"), "https://elsewhere.example/")
    }).pipe(Effect.provide(whole))
  )

  it.effect("runs in the runtime in which it was made", () =>
    Effect.gen(function* () {
      const { spans, tracer } = yield* pipeline.tracing
      const own = yield* Effect.withTracer(ThingSpaceFetch.make, tracer)
      yield* Effect.promise(() => own(account))
      assert.isTrue(spans.some(({ name }) => name === "http.client GET"))
    }).pipe(Effect.provide(whole))
  )
})

type Handler = Parameters<typeof createServer>[1]

/** A server on a port of this machine, and a fetch for it with static credentials. */
const serving = (handler: Handler) =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(handler)
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    const address = server.address()
    const port = typeof address === "object" ? address?.port : undefined
    const context = yield* Layer.build(
      ThingSpaceHttpClient.layerFromSources.pipe(
        Layer.provide([
          TokenSource.layerStatic(Redacted.make("token")),
          SessionSource.layerStatic(Redacted.make("session")),
          FetchHttpClient.layer
        ]),
        Layer.provide(Layer.orDie(ThingSpaceConfig.layer({ baseUrl: `http://127.0.0.1:${port}` })))
      )
    )
    return yield* Effect.provide(ThingSpaceFetch.make, context)
  })

/** A handler, and what comes true once the other end has closed the connection of a request. */
const watched = (answer: (response: Parameters<NonNullable<Handler>>[1]) => void) =>
  Effect.gen(function* () {
    const arrived = yield* Deferred.make<void>()
    const closed = yield* Deferred.make<void>()
    const run = Runtime.runSync(yield* Effect.runtime<never>())
    const handler: Handler = (_, response) => {
      run(Deferred.succeed(arrived, undefined))
      response.once("close", () => run(Deferred.succeed(closed, undefined)))
      answer(response)
    }
    return { handler, arrived: Deferred.await(arrived), closed: Deferred.await(closed) }
  })

describe("over a connection", () => {
  it.scopedLive("answers before the body is complete, and hands its parts on as they come", () =>
    Effect.gen(function* () {
      const sent = yield* Deferred.make<(text: string, end?: boolean) => void>()
      const run = Runtime.runSync(yield* Effect.runtime<never>())
      const own = yield* serving((_, response) => {
        response.write("first ")
        run(Deferred.succeed(sent, (text, end) => (end ? response.end(text) : response.write(text))))
      })
      const response = yield* Effect.promise(() => own("/"))
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const next = Effect.promise(async () => (await reader?.read())?.value)
      assert.strictEqual(yield* next, "first ")
      const write = yield* Deferred.await(sent)
      write("second ")
      assert.strictEqual(yield* next, "second ")
      write("last", true)
      assert.strictEqual(yield* next, "last")
      assert.isUndefined(yield* next)
    })
  )

  it.scopedLive("ends the request if the caller aborts it, and rejects at once", () =>
    Effect.gen(function* () {
      const { arrived, closed, handler } = yield* watched(() => undefined)
      const own = yield* serving(handler)
      const controller = new AbortController()
      const pending = own("/", { signal: controller.signal }).catch((error: unknown) => error)
      yield* arrived
      controller.abort()
      const error = yield* Effect.promise(() => pending)
      assert.strictEqual(error instanceof DOMException && error.name, "AbortError")
      yield* closed
    })
  )

  it.scopedLive.each([
    ["of unknown length", {}],
    ["of ten bytes", { "content-length": "10" }]
  ] as const)("breaks a body %s off if the caller aborts while reading it", ([, headers]) =>
    Effect.gen(function* () {
      const { closed, handler } = yield* watched((response) => response.writeHead(200, headers).write("first"))
      const own = yield* serving(handler)
      const controller = new AbortController()
      const response = yield* Effect.promise(() => own("/", { signal: controller.signal }))
      const reading = response.text().catch((error: unknown) => error)
      const reason = new Error("enough")
      controller.abort(reason)
      assert.strictEqual(yield* Effect.promise(() => reading), reason)
      yield* closed
    })
  )

  it.scopedLive("lets go of the connection if the caller cancels a body that nobody has read", () =>
    Effect.gen(function* () {
      const { closed, handler } = yield* watched((response) => response.write("first"))
      const own = yield* serving(handler)
      const response = yield* Effect.promise(() => own("/"))
      yield* Effect.promise(async () => response.body?.cancel())
      yield* closed
    })
  )

  it.scopedLive("fails a body that the platform breaks off, with the client's error as the cause", () =>
    Effect.gen(function* () {
      const own = yield* serving((_, response) => {
        response.writeHead(200, { "content-length": 10 })
        response.write("half", () => response.destroy())
      })
      const response = yield* Effect.promise(() => own("/"))
      const error = yield* Effect.promise(() => response.text().catch((error: unknown) => error))
      assert.instanceOf(error, TypeError)
      assert.isTrue(error instanceof Error && isHttpClientError(error.cause))
    })
  )

  it.scopedLive("answers HEAD without a body, and keeps every cookie apart", () =>
    Effect.gen(function* () {
      const own = yield* serving((_, response) => {
        response.setHeader("set-cookie", ["a=1; Path=/", "b=2; HttpOnly"])
        response.setHeader("x-other", "kept")
        response.end()
      })
      const response = yield* Effect.promise(() => own("/", { method: "HEAD" }))
      assert.isNull(response.body)
      assert.deepStrictEqual(response.headers.getSetCookie(), ["a=1; Path=/", "b=2; HttpOnly"])
      assert.strictEqual(response.headers.get("x-other"), "kept")
    })
  )
})
