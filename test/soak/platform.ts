/**
 * The emulated platform on a free port, in a process of its own, so that the memory measured beside it is the client's.
 */
import { createServer } from "node:http"
import type { Socket } from "node:net"
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import * as Ledger from "./ledger.js"
import { type Account, type FromPlatform, type Kind, Request, SettingJson } from "./messages.js"

const setting = Schema.decodeUnknownSync(SettingJson)(process.argv[2])
/** Connections are closed by nobody's timer, so that a call which a slow machine sends late finds one. */
const server = createServer({ keepAliveTimeout: 60_000 })
const sockets = new Set<Socket>()
server.on("connection", (socket) => {
  sockets.add(socket)
  socket.once("close", () => sockets.delete(socket))
})
const delay = monitorEventLoopDelay()
delay.enable()

/** A number from 0 to 1 that belongs to a request. */
const drawn = (n: number, way: string): number => (Hash.string(`${setting.seed} ${n} ${way}`) >>> 0) / 2 ** 32

/** API calls are answered in another order than they were made, and later than the calls for a credential. */
const latency = (way: string) => (n: number, path: string) =>
  setting.latency * drawn(n, way) * (/oauth2|session/.test(path) ? 0.2 : 1)

const send = (message: FromPlatform) => Effect.sync(() => void process.send?.(message))

/**
 * Not those over which nothing has ever come: Node's fetch opens a connection for a call that waits, and keeps it for
 * later where the call has been given up before it was sent.
 */
const usedConnections = Effect.sync(() => [...sockets].filter((socket) => socket.bytesRead > 0).length)

/** Drops what only waits for a next request; a connection that a request still uses stays, and is waited for. */
const closeIdleConnections = Effect.sync(() => server.closeIdleConnections()).pipe(
  Effect.zipRight(usedConnections),
  Effect.repeat({
    schedule: Schedule.intersect(Schedule.spaced("20 millis"), Schedule.recurs(100)),
    until: (n) => n === 0
  })
)

const program = Effect.gen(function* () {
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const exchanges = yield* emulator.subscribe
  const requests = yield* Queue.unbounded<unknown>()
  const ledger = Ledger.make(setting)
  process.on("message", (message) => requests.unsafeOffer(message))
  process.on("disconnect", () => process.exit())

  const account: Effect.Effect<Account> = Effect.map(usedConnections, (connections) => ({
    ...ledger.account(),
    connections,
    stalled: delay.max / 1e6
  }))

  const keepAccount = Queue.takeBetween(exchanges, 1, 1000).pipe(
    Effect.tap(() => emulator.clearExchanges),
    Effect.flatMap((batch) =>
      Effect.forEach(Chunk.toReadonlyArray(batch), (exchange) => {
        const kind = ledger.enter(exchange)
        return kind === undefined ? Effect.void : send({ _tag: "Issued", kind, at: exchange.at })
      })
    )
  )

  const strike = (kind: Kind) =>
    kind === "token"
      ? Effect.flatMap(emulator.currentToken, (token) => {
          ledger.strike(kind, Option.toArray(token))
          return emulator.revokeAll
        })
      : Effect.flatMap(emulator.liveSessions, (sessions) => {
          ledger.strike(kind, sessions)
          return emulator.endSessions
        })

  const act = ({ does }: Request): Effect.Effect<unknown> => {
    switch (does) {
      case "strike token":
        return strike("token")
      case "strike session":
        return strike("session")
      case "close idle connections":
        return closeIdleConnections
    }
  }

  const obey = Queue.take(requests).pipe(
    Effect.flatMap(Schema.decodeUnknown(Request)),
    Effect.flatMap((request) =>
      Effect.zipRight(
        act(request),
        Effect.flatMap(account, (account) => send({ _tag: "Done", id: request.id, account }))
      )
    )
  )

  const tell = Effect.flatMap(account, (account) => send({ _tag: "Account", account }))

  yield* HttpServer.addressFormattedWith((url) => send({ _tag: "Listening", url }))
  yield* Effect.all(
    [Effect.forever(keepAccount), Effect.forever(obey), Effect.repeat(tell, Schedule.spaced("500 millis"))],
    { concurrency: "unbounded" }
  )
})

const platform = ThingSpaceEmulator.serve({
  tokenLifetime: setting.tokenLifetime,
  sessionIdle: setting.sessionIdle,
  singleSession: true,
  requestLatency: latency("there"),
  responseLatency: latency("back")
})

await program.pipe(
  Effect.scoped,
  Effect.provide(
    Layer.provideMerge(
      platform,
      NodeHttpServer.layer(() => server, { host: "127.0.0.1", port: 0 })
    )
  ),
  Effect.runPromise
)
