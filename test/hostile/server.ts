import { createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"

/** One connection, as the server sees it. */
export interface Connection {
  readonly socket: Socket
  /** How many connections were made before this one. */
  readonly ordinal: number
  /** Every byte that came in, each as one character. */
  readonly received: () => string
}

/** What the server does; `request` is what the client asked, head and body, each byte as one character. */
export type Play = (connection: Connection, request: string) => Effect.Effect<unknown>

export interface Server {
  readonly url: string
  readonly port: number
  /** Every connection that was ever made, closed ones included. */
  readonly connections: ReadonlyArray<Connection>
  /** Those over which anything came. Some clients open one more than they use. */
  readonly used: () => ReadonlyArray<Connection>
  /** Every request that has come in whole. */
  readonly requests: ReadonlyArray<string>
  /** Waits until the clients have closed all connections that they have used. */
  readonly abandoned: Effect.Effect<void>
}

const headEnd = "\r\n\r\n"

/** The length of the first request in what has come in, where it can be told already. */
const requestLength = (bytes: string): number | undefined => {
  const end = bytes.indexOf(headEnd)
  if (end < 0) return undefined
  const head = bytes.slice(0, end + headEnd.length)
  return head.length + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
}

const closed = (socket: Socket): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (socket.destroyed) return resume(Effect.void)
    const go = () => resume(Effect.void)
    socket.once("close", go)
    return Effect.sync(() => socket.off("close", go))
  })

/**
 * A server that says whatever it is told to, on a free port of the loopback address. It closes no connection that a
 * client keeps open until its own scope closes.
 *
 * `answer` is what it does for each request, `greet` what it does for each connection before anything came in. Requests
 * with bodies say their lengths.
 */
export const make = (answer: Play, greet: Play = () => Effect.void) =>
  Effect.gen(function* () {
    const run = yield* FiberSet.makeRuntime<never>()
    const connections: Array<Connection> = []
    const requests: Array<string> = []

    const accept = (socket: Socket): void => {
      let received = ""
      let taken = 0
      let enough = 1
      const connection: Connection = { socket, ordinal: connections.length, received: () => received }
      connections.push(connection)
      // Resets are what many tests are about, and a client that has left is owed nothing.
      socket.on("error", () => {})
      socket.on("end", () => socket.destroy())
      run(greet(connection, ""))
      socket.on("data", (bytes) => {
        received += bytes.toString("latin1")
        while (received.length >= taken + enough) {
          const rest = received.slice(taken)
          const length = requestLength(rest)
          if (length === undefined || rest.length < length) {
            enough = length ?? rest.length + 1
          } else {
            enough = 1
            taken += length
            const request = rest.slice(0, length)
            requests.push(request)
            run(answer(connection, request))
          }
        }
      })
    }

    const server = createServer({ allowHalfOpen: true, noDelay: true }, accept)
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const { socket } of connections) socket.destroy()
        })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const used = () => connections.filter(({ received }) => received() !== "")
    const made: Server = {
      url: `http://127.0.0.1:${port}`,
      port,
      connections,
      requests,
      used,
      abandoned: Effect.suspend(() => Effect.forEach(used(), ({ socket }) => closed(socket), { discard: true }))
    }
    return made
  })

/** Writes, and waits where the client reads more slowly; to a client that has left nothing is written, ever. */
export const write = ({ socket }: Connection, bytes: string | Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (socket.destroyed || socket.writableEnded) return resume(Effect.never)
    const chunk = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes
    socket.write(chunk, (error) => resume(error ? Effect.never : Effect.void))
  })

/** Ends the connection in order. */
export const end = ({ socket }: Connection): Effect.Effect<void> => Effect.sync(() => void socket.end())

/** Ends the connection with a reset. */
export const reset = ({ socket }: Connection): Effect.Effect<void> => Effect.sync(() => void socket.resetAndDestroy())
