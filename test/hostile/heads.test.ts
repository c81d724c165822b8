/**
 * Proves of the head of an answer, and of what comes in its place, what bodies.test.ts proves of the body.
 */
import { afterAll, describe, it } from "@effect/vitest"
import * as answers from "./answers.js"
import * as clients from "./clients.js"
import * as server from "./server.js"
import * as trial from "./trial.js"

const { head, honest, say, sayAndEnd, sayForever } = answers
const { endings, noAnswer, noAnswerInTime, success } = trial

const megabyte = 1024 * 1024

const early = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
const carryOn = "HTTP/1.1 100 Continue\r\n\r\n"
const switching = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"

/** Fetch makes an error of it that says nothing, which the library reads as what it must be. */
const proxyRefusal = endings("EndpointError StatusCode 407", "RequestError Transport")

const switched = endings("EndpointError StatusCode 101", "101 whole")

const silences: ReadonlyArray<trial.Scenario> = [
  { title: "that never comes", play: say(""), endings: noAnswerInTime },
  { title: "in whose place the connection ends", play: server.end, endings: noAnswer },
  { title: "in whose place the connection is reset", play: server.reset, endings: noAnswer },
  {
    title: "of a byte every 10 ms, with no end to its head",
    play: sayForever("HTTP/1.1 200 OK\r\nx: ", "x", 10),
    endings: noAnswerInTime
  },
  {
    title: "of a short header every 10 ms",
    play: sayForever("HTTP/1.1 200 OK\r\n", "x: y\r\n", 10),
    endings: noAnswerInTime
  },
  {
    title: "of headers without end",
    play: sayForever("HTTP/1.1 200 OK\r\n", "x: y\r\n".repeat(1000)),
    endings: noAnswer
  },
  { title: "with a header of 1 MB", play: say(honest(200, `x: ${"x".repeat(megabyte)}`)), endings: noAnswer },
  {
    title: "with 1 MB of headers",
    play: say(honest(200, ...Array.from({ length: megabyte / 64 }, (_, i) => `x-${i}: ${"y".repeat(56)}`))),
    endings: noAnswer
  }
]

const nonsense: ReadonlyArray<trial.Scenario> = [
  { title: "of HTTP/0.9", play: sayAndEnd("<html>It works!</html>"), endings: noAnswer },
  { title: "that repeats the request", play: sayAndEnd((request) => request), endings: noAnswer },
  {
    title: "that repeats the request where a header should be",
    play: sayAndEnd((request) => `HTTP/1.1 200 OK\r\n\0${request}`),
    endings: noAnswer
  },
  { title: "of another protocol", play: sayAndEnd("SSH-2.0-OpenSSH_9.6\r\n"), endings: noAnswer },
  { title: "of HTTP/2", play: say(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0)), endings: noAnswer },
  { title: "of TLS", play: say(Uint8Array.of(0x15, 3, 1, 0, 2, 2, 0x46)), endings: noAnswer },
  {
    title: "of arbitrary bytes",
    play: say(Uint8Array.from({ length: 512 }, (_, i) => (i * 151 + 7) % 256)),
    endings: noAnswer
  },
  { title: "of HTTP/9.9", play: say(honest().replace("/1.1", "/9.9")), endings: noAnswer },
  { title: "with lines that end in LF", play: say(honest().replaceAll("\r\n", "\n")), endings: noAnswer },
  { title: "with a header without a colon", play: say(honest(200, "nonsense")), endings: noAnswer },
  {
    title: "with a header on two lines",
    play: say(honest(200, "x: a\r\n b")),
    endings: noAnswer,
    or: { fetch: success }
  },
  { title: "with a NUL in a header", play: say(honest(200, "x: a\0b")), endings: noAnswer },
  { title: "with bytes in a header that are no text", play: say(honest(200, "x: \xff\xfe")), endings: success },
  {
    title: "with headers named as the members of objects",
    play: say(honest(200, "__proto__: a", "constructor: b", "then: c", "hasownproperty: d", "tostring: e")),
    endings: success
  },
  {
    title: "with cookies that are none",
    play: say(honest(200, "set-cookie: =;;;=%%%; expires=never; max-age=x", "set-cookie:", "set-cookie: a=%E0%A4%A")),
    endings: success
  },
  { title: "with two content types", play: say(honest(200, 'content-type: ;;;"', "content-type: x")), endings: success }
]

const statuses: ReadonlyArray<trial.Scenario> = [
  { title: "of a status in letters", play: say(honest().replace(" 200 ", " abc ")), endings: noAnswer },
  { title: "of status 2000", play: say(honest().replace(" 200 ", " 2000 ")), endings: noAnswer },
  {
    title: "of status 000",
    play: say(honest().replace(" 200 ", " 000 ")),
    endings: noAnswer,
    but: { node: endings("EndpointError StatusCode 0", "0 whole") }
  },
  { title: "of status 999", play: say(honest(999)), endings: endings("OAuthError 999 900901", "999 whole") },
  {
    title: "of status 204 with a body",
    play: say(honest(204)),
    endings: { body: "EndpointError Decode 204", status: "success", api: "204 whole" },
    but: { undici: endings("EndpointError Transport 204", "204 broken") }
  },
  {
    title: "of status 205 with a body",
    play: say(honest(205)),
    endings: { body: "success", status: "success", api: "205 whole" },
    but: { fetch: { body: "EndpointError Decode 205", status: "success", api: "205 whole" } }
  },
  {
    title: "of status 304 with a body",
    play: say(honest(304)),
    endings: endings("EndpointError StatusCode 304", "304 whole"),
    but: { undici: endings("EndpointError StatusCode 304", "304 broken") }
  },
  {
    title: "of status 407",
    play: say(honest(407, 'proxy-authenticate: Basic realm="a"')),
    endings: endings("OAuthError 407 900901", "407 whole"),
    but: { fetch: proxyRefusal }
  },
  // A 407 is no response to fetch, which then forgets to let go of it; a program can do that with HttpClient.withScope.
  {
    title: "of status 407 with a body that does not end",
    play: sayForever(head(407), " ", 10),
    endings: endings("EndpointError Timeout", "407 broken"),
    but: { fetch: proxyRefusal },
    mayStayOpen: (transport, call) => transport === "fetch" && call === "get"
  },
  {
    title: "of status 426",
    play: say(honest(426, "upgrade: h2c")),
    endings: endings("OAuthError 426 900901", "426 whole")
  }
]

const informational: ReadonlyArray<trial.Scenario> = [
  { title: "after status 100", play: say(carryOn + honest()), endings: noAnswer, but: { node: success } },
  { title: "after status 100 that never comes", play: say(carryOn), endings: noAnswer, but: { node: noAnswerInTime } },
  {
    title: "after statuses 100 without end",
    play: sayForever("", carryOn, 2),
    endings: noAnswer,
    but: { node: noAnswerInTime }
  },
  { title: "after statuses 102 and 103", play: say(early.replace("103", "102") + early + honest()), endings: success },
  { title: "after a thousand statuses 103", play: say(early.repeat(1000) + honest()), endings: success },
  { title: "after statuses 103 without end", play: sayForever("", early, 2), endings: noAnswerInTime },
  {
    title: "after a status 103 with a length",
    play: say(`HTTP/1.1 103 Early Hints\r\ncontent-length: 5\r\n\r\n${honest()}`),
    endings: success
  },
  {
    title: "of status 101 without a protocol",
    play: say("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    endings: noAnswer,
    or: { fetch: noAnswerInTime },
    but: { node: switched }
  },
  // Node hands a connection over at a 101, also where nobody asked for it; its HttpClient does not take it.
  {
    title: "of status 101 with a protocol",
    play: say(switching),
    endings: noAnswer,
    but: { node: switched },
    mayStayOpen: (transport) => transport === "node"
  }
]

afterAll(() => console.log(`Calls that met a bad head: ${trial.tried()}`))

describe.concurrent("An answer", () => {
  for (const transport of clients.transportNames) {
    for (const scenario of [...silences, ...nonsense, ...statuses, ...informational]) {
      const { body } = scenario.but?.[transport] ?? scenario.endings
      it.live(`${scenario.title} ends a call over ${transport} as ${body}`, () => trial.run(transport, scenario))
    }
  }
})
