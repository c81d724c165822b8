/**
 * Proves that a connection which is used again gives nobody another call's answer, and has no login sent twice.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { honest, issued, say } from "./answers.js"
import * as clients from "./clients.js"
import * as server from "./server.js"
import * as trial from "./trial.js"

const over = (transport: clients.Transport, baseUrl: string) =>
  Layer.mergeAll(Layer.fresh(clients.Static), OAuthClient.layer, SessionClient.layer).pipe(
    Layer.provide(clients.keepingTransports[transport]),
    Layer.provide(ThingSpaceConfig.layer({ baseUrl, requestTimeout: "8 seconds" }))
  )

const lasting = (text: string) => text.replace("connection: close\r\n", "")
const forge = (text: string) => text.replaceAll("issued-", "forged-")

const answer = lasting(honest())
const forged = forge(answer)

/** Calls that look at whose answer they get. */
const requestToken = Effect.flatMap(OAuthClient.OAuthClient, (client) => client.requestToken(clients.app)).pipe(
  Effect.map(({ secret }) => assert.strictEqual(Redacted.value(secret), "issued-token-4c1d"))
)
const login = Effect.flatMap(SessionClient.SessionClient, (client) => client.login(clients.access, clients.user)).pipe(
  Effect.map(({ secret }) => assert.strictEqual(Redacted.value(secret), "issued-session-88f2"))
)
const get = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get("/a")).pipe(
  Effect.flatMap((response) => response.text),
  Effect.map((text) => assert.strictEqual(text, issued))
)

const pairs = [
  [requestToken, login],
  [login, get],
  [get, requestToken],
  [get, get]
] as const

/** Lets the clients read what has arrived: between two turns of the event loop is a look at every socket. */
const read = Effect.async<void>((resume) => void setImmediate(() => setImmediate(() => resume(Effect.void))))

/** Two calls over the same transport, and what happens in between on the connection that the first has left open. */
const twice = (
  transport: clients.Transport,
  play: server.Play,
  between: (connection: server.Connection) => Effect.Effect<void>,
  connections: ReadonlyArray<number>
) =>
  Effect.forEach(pairs, ([first, second]) =>
    Effect.scoped(
      Effect.gen(function* () {
        trial.count()
        const platform = yield* server.make(trial.onFirst(play, say(answer)))
        yield* Effect.gen(function* () {
          yield* first
          const [connection] = platform.connections
          yield* connection === undefined ? Effect.die("no connection was made") : between(connection)
          yield* second
        }).pipe(Effect.provide(over(transport, platform.url)))
        assert.lengthOf(platform.requests, 2)
        assert.include(connections, platform.used().length)
      })
    )
  )

afterAll(() => console.log(`Pairs of calls: ${trial.tried()}`))

describe.concurrent("A connection", () => {
  for (const transport of clients.transportNames) {
    it.live(`that waits is used again over ${transport}`, () => twice(transport, say(answer), () => read, [1]))

    it.live(`that ends while it waits does not fail the next call over ${transport}`, () =>
      twice(transport, say(answer), (connection) => Effect.zipRight(server.end(connection), read), [2])
    )

    it.live(`that is reset while it waits does not fail the next call over ${transport}`, () =>
      twice(transport, say(answer), (connection) => Effect.zipRight(server.reset(connection), read), [2])
    )

    it.scopedLive(`that is reset as it is used again has a login sent once over ${transport}`, () =>
      Effect.gen(function* () {
        trial.count()
        const hostile = yield* server.make((connection, request) =>
          request.includes("/session/login") ? server.reset(connection) : server.write(connection, answer)
        )
        const error = yield* requestToken.pipe(
          Effect.zipRight(read),
          Effect.zipRight(Effect.flip(login)),
          Effect.provide(over(transport, hostile.url))
        )
        assert.include({ ...error }, { _tag: "EndpointError", reason: "Transport" })
        assert.lengthOf(hostile.requests, 2)
        assert.lengthOf(hostile.used(), 1)
      })
    )

    // The fetch standard has a request sent again, once, that a server calls misdirected.
    const times = transport === "fetch" ? 2 : 1
    it.scopedLive(`that is wrong for its request has it sent ${times === 1 ? "once" : "twice"} over ${transport}`, () =>
      Effect.gen(function* () {
        trial.count()
        const hostile = yield* server.make(say(lasting(honest(421))))
        const error = yield* Effect.provide(Effect.flip(login), over(transport, hostile.url))
        assert.include({ ...error }, { _tag: "OAuthError", status: 421 })
        assert.lengthOf(hostile.requests, times)
      })
    )
  }
})

describe.concurrent("A second answer", () => {
  const surplus: ReadonlyArray<readonly [title: string, ...writes: ReadonlyArray<string>]> = [
    ["in the same breath as the first", answer + forged],
    ["right after the first", answer, forged],
    ["said ten times", answer + forged.repeat(10)],
    ["cut short", answer + forged.slice(0, -10)],
    ["without a length", `${answer}HTTP/1.1 200 OK\r\n\r\n${forge(issued)}`],
    ["of status 103", `${answer}HTTP/1.1 103 X\r\n\r\n`],
    ["of status 103, and a third", `${answer}HTTP/1.1 103 X\r\n\r\n${forged}`],
    ["that is none", `${answer}\r\n\r\n\0`]
  ]
  for (const transport of clients.transportNames) {
    for (const [title, ...writes] of surplus) {
      const play: server.Play = (connection) =>
        Effect.forEach(writes, (bytes) => server.write(connection, bytes), { discard: true })

      for (const [when, between] of [
        ["at once", Effect.void],
        ["later", read]
      ] as const) {
        it.live(`${title} is not taken for that to the next call, made ${when}, over ${transport}`, () =>
          twice(transport, play, () => between, [2])
        )
      }
    }

    it.live(`that comes while the connection waits is not taken for that to the next call over ${transport}`, () =>
      twice(
        transport,
        say(answer),
        (connection) => Effect.zipRight(server.write(connection, forged), read),
        // Node may also throw away what comes, and go on using the connection.
        transport === "node" ? [1, 2] : [2]
      )
    )
  }
})
