/** The transports' own errors, from real connections in trouble, make nothing show a secret. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account, paths } from "../utils/pipeline.js"
import * as harness from "./harness.js"
import * as platform from "./platform.js"

const transports: Readonly<Record<string, Layer.Layer<HttpClient.HttpClient>>> = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const raw =
  (text: string): Answer =>
  ({ socket }) =>
    void socket.end(text)

/** What makes a transport fail with an error of its own, which it may fill with what it likes. */
const troubles: Readonly<Record<string, Answer>> = {
  "resets the connection": ({ socket }) => void socket.resetAndDestroy(),
  "closes the connection": ({ socket }) => void socket.destroy(),
  "does not speak HTTP": raw("what?\r\n\r\n"),
  "breaks its chunks": raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nwhat?\r\n"),
  "stops half way": raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nwhat?"),
  "sends too many headers": raw(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(20_000)}\r\n`),
  "compresses nothing": raw("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nwhat?")
}

const issued = { access_token: "S3rv-T0k3n-Kf4Nb7Qs2Gz9", sessionToken: "S3rv-S3ss-Lw8Vn9Rt4Hb6" }

/** A server that issues credentials, and makes trouble on one path. */
const serve = (path: string, trouble: Answer) =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: ReturnType<typeof createServer>; readonly port: number }>((resume) => {
      const server = createServer((request, response) => {
        if (request.url === path) return trouble(request, response)
        response.setHeader("content-type", "application/json").end(JSON.stringify(issued))
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed({ server, port: typeof address === "object" && address !== null ? address.port : 0 }))
      })
    }),
    ({ server }) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

const grid = Object.entries(transports).flatMap(([transport, layer]) =>
  Object.entries(troubles).flatMap(([title, trouble]) =>
    [paths.token, paths.login, account].map(
      (path) => [`${transport} meets a server that ${title} on ${path}`, { layer, trouble, path }] as const
    )
  )
)

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
  Effect.flatMap(client.get(account), (response) => response.json)
)

describe("nothing shows a secret where", () => {
  it.live.each(grid)("%s", ([, { layer, path, trouble }]) =>
    harness.showsNothing(
      Effect.gen(function* () {
        const { mark } = yield* harness.Watch
        mark([...platform.given, ...Object.entries(issued).map(([name, secret]) => ({ name, secret }))])
        const { port } = yield* serve(path, trouble)
        const client = ThingSpaceHttpClient.layer({ ...platform.app, ...platform.user }).pipe(
          Layer.provide(Layer.merge(layer, ThingSpaceConfig.layer({ baseUrl: `http://127.0.0.1:${port}` })))
        )
        yield* harness.ends("call", Effect.provide(call, client))
      }).pipe(Effect.scoped)
    )
  )
})
