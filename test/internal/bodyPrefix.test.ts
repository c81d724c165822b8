import { createServer, type Server } from "node:net"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as bodyPrefix from "../../src/internal/http/bodyPrefix.js"
import { PrefixedResponse } from "../../src/internal/http/prefixedResponse.js"
import * as recorder from "../utils/recorder.js"

const respond = (body: BodyInit | null, headers: Readonly<Record<string, string>> = {}) =>
  recorder.make(recorder.answering(200, body, headers)).client.get("https://thingspace.verizon.com/")

const tenSeconds = Duration.seconds(10)

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const byteByByte = (text: string) => {
  const bytes = new TextEncoder().encode(text).values()
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const next = bytes.next()
      if (next.done) controller.close()
      else controller.enqueue(Uint8Array.of(next.value))
    }
  })
}

const transports: Readonly<Record<string, Layer.Layer<HttpClient.HttpClient>>> = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer
}

/** The address of a server that answers with a body, and goes on after its end. */
const serving = (body: string, more: string) =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: Server; readonly url: string }>((resume) => {
      const head = `HTTP/1.1 401 No\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
      const server = createServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () => void socket.write(head + body + more))
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ server, url: `http://127.0.0.1:${port}/` }))
      })
    }),
    ({ server }) => Effect.sync(() => void server.close())
  ).pipe(Effect.map(({ url }) => url))

const streamed = (stream: bodyPrefix.BodyPrefix["rest"]) =>
  Effect.map(Stream.runCollect(stream), (parts) => text(bodyPrefix.concat(Array.from(parts))))

describe("read", () => {
  const sizes: ReadonlyArray<readonly [size: number, complete: boolean]> = [
    [0, true],
    [9, true],
    [10, true],
    [11, false]
  ]
  it.effect.each(sizes)("reads a body of %i bytes with a limit of 10; complete: %s", ([size, complete]) =>
    Effect.gen(function* () {
      const prefix = yield* bodyPrefix.read(yield* respond("x".repeat(size)), 10, tenSeconds)
      assert.deepStrictEqual(
        { text: text(prefix.bytes), complete: prefix.complete },
        { text: "x".repeat(size), complete }
      )
      assert.strictEqual(yield* streamed(prefix.rest), "")
    })
  )

  it.effect("reads a response without a body", () =>
    Effect.gen(function* () {
      const prefix = yield* bodyPrefix.read(yield* respond(null), 10, tenSeconds)
      assert.deepStrictEqual({ length: prefix.bytes.length, complete: prefix.complete }, { length: 0, complete: true })
    })
  )

  it.effect("leaves the rest to be read", () =>
    Effect.gen(function* () {
      const { body, state } = recorder.chunked(5)
      const prefix = yield* bodyPrefix.read(yield* respond(body()), 2 * 1024, tenSeconds)
      assert.strictEqual(state.pulled, 3)
      assert.lengthOf(yield* streamed(prefix.rest), 2 * 1024)
    })
  )

  it.effect("cancels the rest when it is discarded", () =>
    Effect.gen(function* () {
      const { body, state } = recorder.chunked(5)
      const prefix = yield* bodyPrefix.read(yield* respond(body()), 2 * 1024, tenSeconds)
      yield* prefix.discard
      assert.deepStrictEqual(state, { pulled: 3, cancelled: true })
    })
  )

  it.effect("has the rest fail, not end, if it has been read or discarded before", () =>
    Effect.gen(function* () {
      for (const gone of [Stream.runDrain, Stream.runHead]) {
        const prefix = yield* bodyPrefix.read(yield* respond("x".repeat(20)), 10, tenSeconds)
        yield* gone(prefix.rest)
        assert.include(yield* Effect.flip(streamed(prefix.rest)), { _tag: "ResponseError", reason: "Decode" })
      }
      const prefix = yield* bodyPrefix.read(yield* respond(recorder.chunked(5).body()), 2 * 1024, tenSeconds)
      yield* prefix.discard
      assert.include(yield* Effect.flip(streamed(prefix.rest)), { _tag: "ResponseError", reason: "Decode" })
    })
  )

  it.effect("keeps what came before the body broke off, and the failure", () =>
    Effect.gen(function* () {
      let pulls = 0
      const broken = new ReadableStream<Uint8Array>({
        pull: (controller) =>
          pulls++ === 0 ? controller.enqueue(new TextEncoder().encode("half")) : controller.error(new Error("reset"))
      })
      const prefix = yield* bodyPrefix.read(yield* respond(broken), 10, tenSeconds)
      assert.deepStrictEqual({ text: text(prefix.bytes), complete: prefix.complete }, { text: "half", complete: false })
      assert.isTrue(Either.isLeft(yield* Effect.either(streamed(prefix.rest))))
    })
  )

  it.effect("gives up on a body that takes too long, and cancels it", () =>
    Effect.gen(function* () {
      let cancelled = false
      const endless = new ReadableStream<Uint8Array>({
        pull: () => new Promise<void>(() => {}),
        cancel: () => {
          cancelled = true
        }
      })
      const fiber = yield* Effect.fork(bodyPrefix.read(yield* respond(endless), 10, tenSeconds))
      yield* TestClock.adjust(tenSeconds)
      assert.isFalse((yield* Fiber.join(fiber)).complete)
      assert.isTrue(cancelled)
    })
  )

  it.effect("cancels a body when it is interrupted", () =>
    Effect.gen(function* () {
      let cancelled = false
      const endless = new ReadableStream<Uint8Array>({
        pull: () => new Promise<void>(() => {}),
        cancel: () => {
          cancelled = true
        }
      })
      const fiber = yield* Effect.fork(bodyPrefix.read(yield* respond(endless), 10, tenSeconds))
      yield* TestClock.adjust(1)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(cancelled)
    })
  )

  it.effect("finds a body that was read as text before", () =>
    Effect.gen(function* () {
      const response = yield* respond("é")
      yield* response.text
      const prefix = yield* bodyPrefix.read(response, 10, tenSeconds)
      assert.deepStrictEqual({ text: text(prefix.bytes), complete: prefix.complete }, { text: "é", complete: true })
    })
  )

  it.effect("is not complete if the body was read as bytes before", () =>
    Effect.gen(function* () {
      const response = yield* respond("é")
      yield* response.arrayBuffer
      assert.isFalse((yield* bodyPrefix.read(response, 10, tenSeconds)).complete)
    })
  )
})

describe("JSON of an announced length", () => {
  const announced = (length: number | string, more: Readonly<Record<string, string>> = {}) => ({
    "content-type": "application/json;charset=utf-8",
    "content-length": String(length),
    ...more
  })

  /** Whether a response's stream is opened while its beginning is read. */
  const streams = (headers: Readonly<Record<string, string>>) =>
    Effect.gen(function* () {
      const response = yield* respond("{}", headers)
      let streamed = false
      const watched = new Proxy(response, {
        get: (target, name) => {
          if (name === "stream") streamed = true
          return Reflect.get(target, name, target)
        }
      })
      const prefix = yield* bodyPrefix.read(watched, 10, tenSeconds)
      assert.deepStrictEqual({ text: text(prefix.bytes), complete: prefix.complete }, { text: "{}", complete: true })
      return streamed
    })

  const cases: ReadonlyArray<readonly [title: string, as: string, headers: Readonly<Record<string, string>>]> = [
    ["within the limit", "text", announced(10)],
    ["over the limit", "a stream", announced(11)],
    ["that is no number", "a stream", announced("ten")],
    ["before compression", "a stream", announced(2, { "content-encoding": "gzip" })],
    ["and of another type", "a stream", announced(2, { "content-type": "text/html" })],
    ["and of no type", "a stream", { "content-length": "2" }],
    ["that is missing", "a stream", { "content-type": "application/json" }]
  ]
  it.effect.each(cases)("%s is read as %s", ([_, as, headers]) =>
    Effect.map(streams(headers), (streamed) => assert.strictEqual(streamed ? "a stream" : "text", as))
  )

  it.effect("is not complete if a transport hands over more than the limit", () =>
    Effect.gen(function* () {
      const prefix = yield* bodyPrefix.read(yield* respond("x".repeat(11), announced(2)), 10, tenSeconds)
      assert.deepStrictEqual(
        { length: prefix.bytes.length, complete: prefix.complete },
        { length: 11, complete: false }
      )
    })
  )

  it.effect("is found if a client beneath has read it, and is not complete if that was in another way", () =>
    Effect.gen(function* () {
      const logged = yield* respond('"é"', announced(4))
      yield* logged.json
      assert.strictEqual(text((yield* bodyPrefix.read(logged, 10, tenSeconds)).bytes), '"é"')
      const drained = yield* respond('"é"', announced(4))
      yield* Stream.runDrain(drained.stream)
      assert.isFalse((yield* bodyPrefix.read(drained, 10, tenSeconds)).complete)
    })
  )

  it.effect("that does not come is given up after the deadline, and its request is aborted", () =>
    Effect.gen(function* () {
      const aborted = yield* Deferred.make<void>()
      const client = HttpClient.make((request, _, signal) => {
        signal.addEventListener("abort", () => Deferred.unsafeDone(aborted, Effect.void))
        const silent = new ReadableStream<Uint8Array>({ pull: () => new Promise<void>(() => {}) })
        return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(silent, { headers: announced(2) })))
      })
      const response = yield* client.get("https://thingspace.verizon.com/")
      const fiber = yield* Effect.fork(bodyPrefix.read(response, 10, tenSeconds))
      yield* TestClock.adjust(tenSeconds)
      assert.isFalse((yield* Fiber.join(fiber)).complete)
      yield* Deferred.await(aborted)
    })
  )

  for (const [transport, layer] of Object.entries(transports)) {
    it.scopedLive(`is found over ${transport} if a client beneath has read its text`, () =>
      Effect.gen(function* () {
        const logging = HttpClient.tap(yield* HttpClient.HttpClient, (response) => response.text)
        const prefix = yield* bodyPrefix.read(yield* logging.get(yield* serving('{"a":1}', "")), 10, tenSeconds)
        assert.deepStrictEqual(
          { text: text(prefix.bytes), complete: prefix.complete },
          { text: '{"a":1}', complete: true }
        )
      }).pipe(Effect.provide(layer))
    )

    it.scopedLive(`ends where it was announced to, over ${transport}, whatever a server sends`, () =>
      Effect.gen(function* () {
        const response = yield* HttpClient.get(yield* serving('{"a":1}', "more, ".repeat(20_000)))
        const prefix = yield* bodyPrefix.read(response, 10, tenSeconds)
        assert.deepStrictEqual(
          { text: text(prefix.bytes), complete: prefix.complete },
          { text: '{"a":1}', complete: true }
        )
      }).pipe(Effect.provide(layer))
    )
  }
})

describe("discard", () => {
  it.effect("cancels a body that never begins, also in an uninterruptible region, and waits for nothing", () =>
    Effect.gen(function* () {
      const letGo = yield* Deferred.make<void>()
      const silent = new ReadableStream<Uint8Array>({
        pull: () => new Promise<void>(() => {}),
        cancel: () => Deferred.unsafeDone(letGo, Effect.void)
      })
      yield* Effect.uninterruptible(bodyPrefix.discard(yield* respond(silent)))
      yield* Deferred.await(letGo)
    })
  )
})

describe("a response whose beginning has been read", () => {
  const json = `{"a":"é"}`
  for (const limit of [2, 1024]) {
    const prefixed = Effect.gen(function* () {
      const response = yield* respond(byteByByte(json), { "content-type": "application/json", "x-y": "z" })
      return new PrefixedResponse(response, yield* bodyPrefix.read(response, limit, tenSeconds))
    })
    it.effect(`is still readable in every way, with a limit of ${limit}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* (yield* prefixed).text, json)
        assert.deepStrictEqual(yield* (yield* prefixed).json, { a: "é" })
        assert.strictEqual(text(new Uint8Array(yield* (yield* prefixed).arrayBuffer)), json)
        assert.strictEqual(yield* streamed((yield* prefixed).stream), json)
        assert.deepStrictEqual(yield* (yield* prefixed).urlParamsBody, [[json, ""]])
        assert.include((yield* prefixed).headers, { "x-y": "z" })
        assert.strictEqual((yield* prefixed).status, 200)
      })
    )
    it.effect(`can be read again and again, with a limit of ${limit}`, () =>
      Effect.gen(function* () {
        const response = yield* prefixed
        assert.strictEqual(yield* response.text, json)
        assert.strictEqual(yield* response.text, json)
        assert.deepStrictEqual(yield* response.json, { a: "é" })
        assert.strictEqual(yield* streamed(response.stream), json)
      })
    )
    it.effect(`can be printed without losing what was not read, with a limit of ${limit}`, () =>
      Effect.gen(function* () {
        const response = yield* prefixed
        JSON.stringify(response)
        assert.strictEqual(yield* response.text, json)
      })
    )
  }

  it.effect("cancels the rest if only the beginning of its stream is read", () =>
    Effect.gen(function* () {
      const { body, state } = recorder.chunked(5)
      const response = yield* respond(body())
      const prefixed = new PrefixedResponse(response, yield* bodyPrefix.read(response, 2 * 1024, tenSeconds))
      yield* Stream.runHead(prefixed.stream)
      assert.deepStrictEqual(state, { pulled: 3, cancelled: true })
      assert.include(yield* Effect.flip(prefixed.text), { _tag: "ResponseError", reason: "Decode" })
    })
  )

  it.effect("reads a form", () =>
    Effect.gen(function* () {
      const form = new FormData()
      form.set("a", "b")
      const response = yield* respond(form)
      const prefixed = new PrefixedResponse(response, yield* bodyPrefix.read(response, 10, tenSeconds))
      assert.strictEqual((yield* prefixed.formData).get("a"), "b")
    })
  )

  it.effect("fails with Decode if the JSON is broken", () =>
    Effect.gen(function* () {
      const response = yield* respond("{")
      const prefixed = new PrefixedResponse(response, yield* bodyPrefix.read(response, 10, tenSeconds))
      assert.include(yield* Effect.flip(prefixed.json), { _tag: "ResponseError", reason: "Decode" })
    })
  )
})
