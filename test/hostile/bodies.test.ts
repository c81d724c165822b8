/**
 * Proves that every call which meets a bad body, of a success or of a refusal, ends as it should: in a typed error, in
 * time, with nothing said of what was sent, nothing sent again, and no connection left open.
 */
import { brotliCompressSync, gzipSync } from "node:zlib"
import { afterAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as answers from "./answers.js"
import * as clients from "./clients.js"
import * as server from "./server.js"
import * as trial from "./trial.js"

const { bodyOf, chunk, chunked, head, honest, respond, say, sayAndEnd, sayAndReset, sayForever } = answers
const { endings, noAnswer, success } = trial

/** The same faults in the body of a success, and in that of a refusal. */
const scenarios = (status: 200 | 401): ReadonlyArray<trial.Scenario> => {
  const body = bodyOf(status)
  const length = (value: number | string) => `content-length: ${value}`
  const ok = status === 200

  const whole = ok ? success : endings("OAuthError 401 900901", "401 whole")
  /** The body ended, and says nothing that is documented. */
  const useless = ok
    ? { body: "EndpointError Decode 200", status: "success", logout: "EndpointError Decode 200", api: "200 whole" }
    : endings("EndpointError StatusCode 401", "401 whole")
  /** The same, but for ending a session, whose answer may be empty. */
  const empty: trial.Endings = ok ? { ...useless, logout: "success" } : useless
  /** The body broke off before it said anything. */
  const broken = endings(`EndpointError ${ok ? "Transport" : "StatusCode"} ${status}`, `${status} broken`)
  /** A body of no announced length broke off, but not before it had said all. */
  const brokenLate = ok ? broken : endings("OAuthError 401 900901", "401 broken")
  /** The program's own reading of a refusal is not waited for longer than the library's was. */
  const late = endings("EndpointError Timeout", ok ? "ProgramTimeout" : "401 broken")

  const gzip = "content-encoding: gzip"
  const unpacking: Partial<Record<clients.Transport, trial.Endings>> = { fetch: broken }

  return [
    {
      title: "that is a page in HTML, with the request in it",
      play: say((request) => respond(status, `<pre>${request}</pre>`, "content-type: text/html")),
      endings: useless
    },
    { title: "that is empty", play: say(respond(status, "")), endings: empty },
    { title: "without a length, all of it", play: sayAndEnd(head(status) + body), endings: whole },
    { title: "without a length, half of it", play: sayAndEnd(head(status) + body.slice(0, 30)), endings: useless },
    { title: "that never comes", play: say(head(status, length(body.length))), endings: late },
    { title: "of a byte every 10 ms", play: sayForever(head(status), " ", 10), endings: late },
    { title: "of a chunk every 10 ms", play: sayForever(chunked(status), chunk(" "), 10), endings: late },

    {
      title: "longer than its length",
      play: say(respond(status, body, length(20)).replace(length(body.length), "x: y")),
      endings: useless
    },
    { title: "of length 0 that is not", play: say(head(status, length(0)) + body), endings: empty },
    { title: "shorter than its length", play: say(head(status, length(body.length + 1)) + body), endings: late },
    {
      title: "shorter than its length, and an end",
      play: sayAndEnd(head(status, length(body.length + 1)) + body),
      endings: broken
    },
    {
      title: "shorter than its length, and a reset",
      play: sayAndReset(head(status, length(body.length + 1)) + body),
      endings: broken
    },
    { title: "of length 2^53 + 1", play: say(head(status, length("9007199254740993")) + body), endings: late },
    ...["-1", "0x14", "", "18446744073709551617", `${body.length}, ${body.length}`].map(
      (value): trial.Scenario => ({
        title: `of length ${JSON.stringify(value)}`,
        play: say(head(status, length(value)) + body),
        endings: noAnswer
      })
    ),
    { title: "of two lengths", play: say(head(status, length(20), length(body.length)) + body), endings: noAnswer },
    {
      title: "of one length said twice",
      play: say(head(status, length(body.length), length(body.length)) + body),
      endings: noAnswer
    },
    {
      title: "with a length and in chunks",
      play: say(head(status, length(20), "transfer-encoding: chunked") + chunk(body) + chunk("")),
      endings: noAnswer
    },

    { title: "in a chunk whose size is no number", play: say(chunked(status, "ZZ\r\nhello\r\n")), endings: broken },
    { title: "in a chunk of negative size", play: say(chunked(status, "-5\r\nhello\r\n")), endings: broken },
    {
      title: "in a chunk of a size beyond all numbers",
      play: say(chunked(status, "FFFFFFFFFFFFFFFFF\r\nhello\r\n")),
      endings: broken
    },
    {
      title: "in a chunk of 4 GiB that does not come",
      play: say(chunked(status, "FFFFFFFF\r\nhello\r\n")),
      endings: late
    },
    { title: "in a chunk longer than its size", play: say(chunked(status, "2\r\nhello\r\n")), endings: broken },
    {
      title: "in a chunk, and then the request",
      play: say((request) => chunked(status, chunk(body), request)),
      endings: brokenLate
    },
    {
      title: "in a chunk, and later the request",
      play: (connection, request) =>
        server
          .write(connection, chunked(status, chunk(body)))
          .pipe(Effect.zipRight(Effect.sleep(20)), Effect.zipRight(server.write(connection, `ZZ ${request}`))),
      endings: brokenLate
    },
    {
      title: "in a chunk, and an end",
      play: sayAndEnd(chunked(status, chunk(body))),
      endings: brokenLate,
      or: { fetch: whole }
    },
    {
      title: "in a chunk, and a trailer that is none",
      play: say(chunked(status, chunk(body), "0\r\n\0\r\n\r\n")),
      endings: brokenLate
    },
    {
      title: "with trailers without end",
      play: sayForever(chunked(status, chunk(body), "0\r\n"), "x: y\r\n".repeat(1000)),
      endings: brokenLate
    },
    {
      title: "in an encoding unknown to HTTP",
      play: say(head(status, length(body.length), "content-encoding: rot13") + body),
      endings: whole
    },
    {
      title: "called gzip that is not",
      play: say(honest(status, gzip)),
      endings: whole,
      but: unpacking
    },
    {
      title: "called gzip that repeats the request",
      play: say((request) => respond(status, request, gzip)),
      endings: useless,
      but: unpacking
    },
    {
      title: "called brotli that is gzip",
      play: say(
        Buffer.concat([
          Buffer.from(head(status, "content-encoding: br", length(gzipSync(body).length))),
          gzipSync(body)
        ])
      ),
      endings: useless,
      but: unpacking
    },
    {
      title: "in brotli",
      play: say(
        Buffer.concat([
          Buffer.from(head(status, "content-encoding: br", length(brotliCompressSync(body).length))),
          brotliCompressSync(body)
        ])
      ),
      endings: useless,
      but: { fetch: whole }
    }
  ]
}

afterAll(() => console.log(`Calls that met a bad body: ${trial.tried()}`))

for (const status of [200, 401] as const) {
  describe.concurrent(`The body of a ${status}`, () => {
    for (const transport of clients.transportNames) {
      for (const scenario of scenarios(status)) {
        const { body } = scenario.but?.[transport] ?? scenario.endings
        it.live(`${scenario.title} ends a call over ${transport} as ${body}`, () => trial.run(transport, scenario))
      }
    }
  })
}
