/**
 * Proves that a server which never stops sending does not fill a program's memory, and is left.
 */
import { gzipSync } from "node:zlib"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { chunk, chunked, head, sayForever } from "./answers.js"
import { api, type Call, calls, outcome } from "./calls.js"
import { type Transport, transportNames } from "./clients.js"
import * as server from "./server.js"
import * as trial from "./trial.js"

const MiB = 1024 * 1024

/** How far the process may grow at any time, server and client together, garbage included. */
const bounds = { buffers: 96 * MiB, resident: 128 * MiB }

/** A program that looks at the beginning of an answer, and leaves the rest. */
const glance = api(
  (client) => client.get("/api/m2m/v1/accounts/a"),
  (response) =>
    Effect.match(Stream.runHead(response.stream), {
      onSuccess: () => `${response.status} begun`,
      onFailure: () => `${response.status} broken`
    })
)

/** A gzip file of so many MiB of zeros: one of one MiB, again and again. */
const zeros = (size: number): Buffer => {
  const piece = gzipSync(Buffer.alloc(MiB))
  return Buffer.concat(Array.from({ length: size }, () => piece))
}

const packed = (status: number, body: Buffer, encoding: string): server.Play => {
  const beginning = head(status, `content-encoding: ${encoding}`, `content-length: ${body.length}`)
  return (connection) => server.write(connection, Buffer.concat([Buffer.from(beginning), body]))
}

const piece = "x".repeat(64 * 1024)

type Flood = readonly [title: string, play: server.Play]

const heads: ReadonlyArray<Flood> = [
  ["headers without end", sayForever("HTTP/1.1 200 X\r\n", "x: y\r\n".repeat(1000))],
  ["a header without end", sayForever("HTTP/1.1 200 X\r\nx: ", piece)],
  ["hints without end", sayForever("", "HTTP/1.1 103 X\r\nlink: </a>\r\n\r\n".repeat(100))]
]

const bodies = (status: number): ReadonlyArray<Flood> => [
  [`a ${status} of 256 MiB in gzip`, packed(status, zeros(256), "gzip")],
  [`a ${status} of 1 GiB in gzip in gzip`, packed(status, gzipSync(zeros(1024)), "gzip, gzip")],
  [`a ${status} in gzip without end`, sayForever(head(status, "content-encoding: gzip"), zeros(16))],
  [`a ${status} without end`, sayForever(head(status), piece)],
  [`a ${status} in chunks without end`, sayForever(chunked(status), chunk(piece))],
  [`a ${status} in chunks of a byte without end`, sayForever(chunked(status), chunk("x").repeat(4096))],
  [`a ${status} in a chunk without end`, sayForever(chunked(status, "FFFFFFFF\r\n"), piece)],
  [`a ${status} in a chunk with extensions without end`, sayForever(chunked(status, "1;"), piece)],
  [`a ${status} with trailers without end`, sayForever(chunked(status, "0\r\n"), "x: y\r\n".repeat(1000))]
]

/** The most by which the process grows while something runs. */
const growth = <E, R>(running: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const before = process.memoryUsage()
    const most = { buffers: 0, resident: 0 }
    const look = Effect.sync(() => {
      const { arrayBuffers, rss } = process.memoryUsage()
      most.buffers = Math.max(most.buffers, arrayBuffers - before.arrayBuffers)
      most.resident = Math.max(most.resident, rss - before.rss)
    })
    yield* Effect.raceFirst(running, Effect.repeat(look, Schedule.spaced(2)))
    yield* look
    return most
  })

const patience = { library: "400 millis", program: "600 millis" } as const

const meet = (transport: Transport, call: Call, play: server.Play) =>
  Effect.scoped(
    Effect.gen(function* () {
      trial.count()
      const hostile = yield* server.make(play)
      assert.notMatch(yield* outcome(transport, call, hostile.url, patience), /hung|died|untyped|leaked/)
      assert.isTrue(yield* trial.abandoned(hostile), "the connection is left open")
    })
  )

afterAll(() => console.log(`Calls that met a flood: ${trial.tried()}`))

describe("A server that sends", () => {
  for (const transport of transportNames) {
    for (const [title, play] of [...heads, ...bodies(200), ...bodies(401)]) {
      it.live(`${title} does not fill the memory of a program over ${transport}`, () =>
        Effect.gen(function* () {
          for (const call of [calls.requestToken, glance]) {
            const most = yield* growth(meet(transport, call, play))
            assert.isBelow(most.buffers, bounds.buffers)
            assert.isBelow(most.resident, bounds.resident)
          }
        })
      )
    }
  }
})
