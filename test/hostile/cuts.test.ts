/**
 * Proves that a connection which ends, or is reset, after any byte of an answer ends the call as it should: never with half
 * a credential.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import { chunk, sayAndEnd, sayAndReset } from "./answers.js"
import { type CallName, calls, made } from "./calls.js"
import { transportNames, transports } from "./clients.js"
import * as server from "./server.js"
import * as trial from "./trial.js"

interface Framing {
  readonly title: string
  readonly headers: (body: string) => string
  readonly frame: (body: string) => string
  /** Whether the end of the connection is the end of the body, wherever it comes. */
  readonly untilEnd: boolean
}

const framings: ReadonlyArray<Framing> = [
  {
    title: "with a length",
    headers: (body) => `content-length: ${body.length}\r\n`,
    frame: (body) => body,
    untilEnd: false
  },
  {
    title: "in two chunks",
    headers: () => "transfer-encoding: chunked\r\n",
    frame: (body) => chunk(body.slice(0, 10)) + chunk(body.slice(10)) + chunk(""),
    untilEnd: false
  },
  { title: "up to the connection's end", headers: () => "", frame: (body) => body, untilEnd: true }
]

const ways = [
  { title: "ended", cut: sayAndEnd },
  { title: "reset", cut: sayAndReset }
]

interface Met {
  readonly call: CallName
  readonly status: number
  readonly body: string
  /** What becomes of the call by how much of the answer came. */
  readonly nothing: string
  readonly beginning: string
  readonly misread: string
  readonly all: string
}

const answers: ReadonlyArray<Met> = [
  {
    call: "requestToken",
    status: 200,
    body: '{"access_token":"issued-1"}',
    nothing: "EndpointError Transport",
    beginning: "EndpointError Transport 200",
    misread: "EndpointError Decode 200",
    all: "success"
  },
  {
    call: "get",
    status: 401,
    body: '{"fault":{"code":"900901"}}',
    nothing: "RequestError Transport",
    beginning: "401 broken",
    misread: "401 whole",
    all: "401 whole"
  }
]

afterAll(() => console.log(`Answers cut short: ${trial.tried()}`))

describe.concurrent("The connection", () => {
  for (const { cut, title: way } of ways) {
    for (const { frame, headers, title, untilEnd } of framings) {
      for (const { all, beginning, body, call, misread, nothing, status } of answers) {
        const head = `HTTP/1.1 ${status} X\r\n${headers(body)}\r\n`
        const whole = head + frame(body)
        const expected = (length: number) =>
          length < head.length ? nothing : length === whole.length ? all : untilEnd ? misread : beginning

        for (const transport of transportNames) {
          it.scopedLive(`${way} at any byte of a ${status} ${title} ends ${call} over ${transport} as it should`, () =>
            Effect.gen(function* () {
              let length = 0
              const hostile = yield* server.make((connection, request) =>
                cut(whole.slice(0, length))(connection, request)
              )
              const met: Array<string> = []
              for (; length <= whole.length; length++) {
                trial.count()
                met.push(yield* made(calls[call], hostile.url, trial.ample))
                assert.lengthOf(hostile.requests, met.length)
              }
              assert.deepStrictEqual(met, Array.makeBy(whole.length + 1, expected))
            }).pipe(Effect.provide(transports[transport]))
          )
        }
      }
    }
  }
})
