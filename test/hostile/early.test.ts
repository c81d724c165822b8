/**
 * Proves that a server which speaks before it is asked, or does not listen, ends the call as one that speaks in its turn.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { honest, say, sayAndEnd } from "./answers.js"
import { api, outcome } from "./calls.js"
import { transportNames } from "./clients.js"
import * as server from "./server.js"
import * as trial from "./trial.js"

const { endings, noAnswer, silence, success } = trial

const scenarios: ReadonlyArray<trial.Scenario> = [
  { title: "answers", greet: say(honest()), play: silence, endings: success },
  { title: "answers and ends the connection", greet: sayAndEnd(honest()), play: silence, endings: success },
  { title: "answers half", greet: say(honest().slice(0, 50)), play: say(honest().slice(50)), endings: success },
  { title: "hints", greet: say("HTTP/1.1 103 X\r\n\r\n"), play: say(honest()), endings: success },
  { title: "refuses", greet: say(honest(401)), play: silence, endings: endings("OAuthError 401 900901", "401 whole") },
  { title: "says something else", greet: say("220 ready\r\n"), play: silence, endings: noAnswer },
  { title: "ends the connection", greet: server.end, play: silence, endings: noAnswer },
  { title: "resets the connection", greet: server.reset, play: silence, endings: noAnswer }
]

afterAll(() => console.log(`Calls that were answered early: ${trial.tried()}`))

describe.concurrent("A server that, before it is asked,", () => {
  for (const transport of transportNames) {
    for (const scenario of scenarios) {
      it.live(`${scenario.title} ends a call over ${transport} as ${scenario.endings.body}`, () =>
        trial.run(transport, scenario)
      )
    }
  }
})

/** More than the buffers between a client and a server hold. */
const upload = HttpClientRequest.post("/api/m2m/v1/a").pipe(
  HttpClientRequest.bodyUint8Array(new Uint8Array(16 * 1024 * 1024))
)

const deaf =
  (play: server.Play): server.Play =>
  (connection, request) =>
    Effect.zipRight(
      Effect.sync(() => connection.socket.pause()),
      play(connection, request)
    )

// node:http has an answer to what was not sent to its end, and its HttpClient does not look at it before that.
const uploads: ReadonlyArray<readonly [title: string, greet: server.Play, fetch: string, node: string]> = [
  ["reads none of it and refuses it", deaf(say(honest(401))), "401 whole", "ProgramTimeout"],
  ["reads none of it and accepts it", deaf(say(honest())), "200 whole", "ProgramTimeout"],
  ["reads none of it", deaf(silence), "ProgramTimeout", "ProgramTimeout"],
  ["resets the connection", server.reset, "RequestError Transport", "RequestError Transport"]
]

describe.concurrent("A server that is sent 16 MiB and", () => {
  for (const transport of transportNames) {
    for (const [title, greet, overFetch, overNode] of uploads) {
      const expected = transport === "node" ? overNode : overFetch
      it.scopedLive(`${title} does not keep a program over ${transport} from giving up`, () =>
        Effect.gen(function* () {
          trial.count()
          const hostile = yield* server.make(silence, greet)
          const end = yield* outcome(
            transport,
            api((client) => client.execute(upload)),
            hostile.url,
            { library: "1 second", program: expected === "ProgramTimeout" ? "1 second" : "8 seconds" }
          )
          assert.strictEqual(end, expected)
          for (const { socket } of hostile.connections) socket.resume()
          assert.isTrue(yield* trial.abandoned(hostile))
        })
      )
    }
  }
})
