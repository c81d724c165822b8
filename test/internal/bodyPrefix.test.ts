import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as excerpt from "../../src/internal/http/bodyPrefix.js"
import { ExcerptedResponse } from "../../src/internal/http/prefixedResponse.js"
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

const streamed = (stream: excerpt.Excerpt["rest"]) =>
  Effect.map(Stream.runCollect(stream), (parts) => text(excerpt.concat(Array.from(parts))))

describe("take", () => {
  const sizes: ReadonlyArray<readonly [size: number, complete: boolean]> = [
    [0, true],
    [9, true],
    [10, true],
    [11, false]
  ]
  it.effect.each(sizes)("reads a body of %i bytes with a limit of 10; complete: %s", ([size, complete]) =>
    Effect.gen(function* () {
      const taken = yield* excerpt.take(yield* respond("x".repeat(size)), 10, tenSeconds)
      assert.deepStrictEqual(
        { text: text(taken.bytes), complete: taken.complete },
        { text: "x".repeat(size), complete }
      )
      assert.strictEqual(yield* streamed(taken.rest), "")
    })
  )

  it.effect("reads a response without a body", () =>
    Effect.gen(function* () {
      const taken = yield* excerpt.take(yield* respond(null), 10, tenSeconds)
      assert.deepStrictEqual({ length: taken.bytes.length, complete: taken.complete }, { length: 0, complete: true })
    })
  )

  it.effect("leaves the rest to be read", () =>
    Effect.gen(function* () {
      const { body, state } = recorder.chunked(5)
      const taken = yield* excerpt.take(yield* respond(body()), 2 * 1024, tenSeconds)
      assert.strictEqual(state.pulled, 3)
      assert.lengthOf(yield* streamed(taken.rest), 2 * 1024)
    })
  )

  it.effect("lets go of the rest when it is discarded", () =>
    Effect.gen(function* () {
      const { body, state } = recorder.chunked(5)
      const taken = yield* excerpt.take(yield* respond(body()), 2 * 1024, tenSeconds)
      yield* taken.discard
      assert.deepStrictEqual(state, { pulled: 3, cancelled: true })
    })
  )

  it.effect("has the rest fail, not end, where it has been read or discarded before", () =>
    Effect.gen(function* () {
      for (const gone of [Stream.runDrain, Stream.runHead]) {
        const taken = yield* excerpt.take(yield* respond("x".repeat(20)), 10, tenSeconds)
        yield* gone(taken.rest)
        assert.include(yield* Effect.flip(streamed(taken.rest)), { _tag: "ResponseError", reason: "Decode" })
      }
      const taken = yield* excerpt.take(yield* respond(recorder.chunked(5).body()), 2 * 1024, tenSeconds)
      yield* taken.discard
      assert.include(yield* Effect.flip(streamed(taken.rest)), { _tag: "ResponseError", reason: "Decode" })
    })
  )

  it.effect("keeps what came before the body broke off, and the failure", () =>
    Effect.gen(function* () {
      let pulls = 0
      const broken = new ReadableStream<Uint8Array>({
        pull: (controller) =>
          pulls++ === 0 ? controller.enqueue(new TextEncoder().encode("half")) : controller.error(new Error("reset"))
      })
      const taken = yield* excerpt.take(yield* respond(broken), 10, tenSeconds)
      assert.deepStrictEqual({ text: text(taken.bytes), complete: taken.complete }, { text: "half", complete: false })
      assert.isTrue(Either.isLeft(yield* Effect.either(streamed(taken.rest))))
    })
  )

  it.effect("gives up on a body that takes too long, and lets go of it", () =>
    Effect.gen(function* () {
      let cancelled = false
      const endless = new ReadableStream<Uint8Array>({
        pull: () => new Promise<void>(() => {}),
        cancel: () => {
          cancelled = true
        }
      })
      const fiber = yield* Effect.fork(excerpt.take(yield* respond(endless), 10, tenSeconds))
      yield* TestClock.adjust(tenSeconds)
      assert.isFalse((yield* Fiber.join(fiber)).complete)
      assert.isTrue(cancelled)
    })
  )

  it.effect("lets go of a body when it is interrupted", () =>
    Effect.gen(function* () {
      let cancelled = false
      const endless = new ReadableStream<Uint8Array>({
        pull: () => new Promise<void>(() => {}),
        cancel: () => {
          cancelled = true
        }
      })
      const fiber = yield* Effect.fork(excerpt.take(yield* respond(endless), 10, tenSeconds))
      yield* TestClock.adjust(1)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(cancelled)
    })
  )

  it.effect("finds a body that was read as text before", () =>
    Effect.gen(function* () {
      const response = yield* respond("é")
      yield* response.text
      const taken = yield* excerpt.take(response, 10, tenSeconds)
      assert.deepStrictEqual({ text: text(taken.bytes), complete: taken.complete }, { text: "é", complete: true })
    })
  )

  it.effect("is not complete where the body was read as bytes before", () =>
    Effect.gen(function* () {
      const response = yield* respond("é")
      yield* response.arrayBuffer
      assert.isFalse((yield* excerpt.take(response, 10, tenSeconds)).complete)
    })
  )
})

describe("discard", () => {
  it.effect("lets go of a body that never begins, also where nothing can be interrupted, and waits for nothing", () =>
    Effect.gen(function* () {
      const letGo = yield* Deferred.make<void>()
      const silent = new ReadableStream<Uint8Array>({
        pull: () => new Promise<void>(() => {}),
        cancel: () => Deferred.unsafeDone(letGo, Effect.void)
      })
      yield* Effect.uninterruptible(excerpt.discard(yield* respond(silent)))
      yield* Deferred.await(letGo)
    })
  )
})

describe("a response of which the beginning was read", () => {
  const json = `{"a":"é"}`
  for (const limit of [2, 1024]) {
    const excerpted = Effect.gen(function* () {
      const response = yield* respond(byteByByte(json), { "content-type": "application/json", "x-y": "z" })
      return new ExcerptedResponse(response, yield* excerpt.take(response, limit, tenSeconds))
    })
    it.effect(`is still readable in every way, with a limit of ${limit}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* (yield* excerpted).text, json)
        assert.deepStrictEqual(yield* (yield* excerpted).json, { a: "é" })
        assert.strictEqual(text(new Uint8Array(yield* (yield* excerpted).arrayBuffer)), json)
        assert.strictEqual(yield* streamed((yield* excerpted).stream), json)
        assert.deepStrictEqual(yield* (yield* excerpted).urlParamsBody, [[json, ""]])
        assert.include((yield* excerpted).headers, { "x-y": "z" })
        assert.strictEqual((yield* excerpted).status, 200)
      })
    )
    it.effect(`can be read again and again, with a limit of ${limit}`, () =>
      Effect.gen(function* () {
        const response = yield* excerpted
        assert.strictEqual(yield* response.text, json)
        assert.strictEqual(yield* response.text, json)
        assert.deepStrictEqual(yield* response.json, { a: "é" })
        assert.strictEqual(yield* streamed(response.stream), json)
      })
    )
    it.effect(`can be printed without losing what was not read, with a limit of ${limit}`, () =>
      Effect.gen(function* () {
        const response = yield* excerpted
        JSON.stringify(response)
        assert.strictEqual(yield* response.text, json)
      })
    )
  }

  it.effect("lets go of the rest where only the beginning of its stream is read", () =>
    Effect.gen(function* () {
      const { body, state } = recorder.chunked(5)
      const response = yield* respond(body())
      const excerpted = new ExcerptedResponse(response, yield* excerpt.take(response, 2 * 1024, tenSeconds))
      yield* Stream.runHead(excerpted.stream)
      assert.deepStrictEqual(state, { pulled: 3, cancelled: true })
      assert.include(yield* Effect.flip(excerpted.text), { _tag: "ResponseError", reason: "Decode" })
    })
  )

  it.effect("reads a form", () =>
    Effect.gen(function* () {
      const form = new FormData()
      form.set("a", "b")
      const response = yield* respond(form)
      const excerpted = new ExcerptedResponse(response, yield* excerpt.take(response, 10, tenSeconds))
      assert.strictEqual((yield* excerpted.formData).get("a"), "b")
    })
  )

  it.effect("fails with Decode where the JSON is broken", () =>
    Effect.gen(function* () {
      const response = yield* respond("{")
      const excerpted = new ExcerptedResponse(response, yield* excerpt.take(response, 10, tenSeconds))
      assert.include(yield* Effect.flip(excerpted.json), { _tag: "ResponseError", reason: "Decode" })
    })
  )
})
