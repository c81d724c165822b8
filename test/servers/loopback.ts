import { createServer, type RequestListener, type Server } from "node:http"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Credentials from "../../src/Credentials.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as TokenSource from "../../src/TokenSource.js"

export const paths = { token: "/api/ts/v1/oauth2/token", revoke: "/api/ts/v1/oauth2/revoke" }

export const app = (key: string, secret: string): Credentials.App => ({
  key: Redacted.make(key),
  secret: Redacted.make(secret)
})

export interface Loopback {
  readonly origin: string
  /** How many requests have come in for a path. */
  readonly received: (path: string) => number
}

const listen = (server: Server, port: number) =>
  Effect.async<string>((resume) => {
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      resume(
        address !== null && typeof address === "object"
          ? Effect.succeed(`http://127.0.0.1:${address.port}`)
          : Effect.dieMessage("the server has no port")
      )
    })
  })

const close = (server: Server) =>
  Effect.async<void>((resume) => {
    server.close((error) => resume(error === undefined ? Effect.void : Effect.die(error)))
    server.closeAllConnections()
  })

/** A server on a port of this machine, a free one by default; it is closed with the scope, its connections included. */
export const serve = (
  make: (origin: string) => RequestListener | Promise<RequestListener>,
  port = 0
): Effect.Effect<Loopback, never, Scope.Scope> =>
  Effect.gen(function* () {
    const counts = new Map<string, number>()
    const server = createServer()
    const origin = yield* Effect.acquireRelease(listen(server, port), () => close(server))
    const respond = yield* Effect.promise(async () => make(origin))
    server.on("request", (request, response) => {
      const path = new URL(request.url ?? "", origin).pathname
      counts.set(path, (counts.get(path) ?? 0) + 1)
      respond(request, response)
    })
    return { origin, received: (path) => counts.get(path) ?? 0 }
  })

/** The library's clients for a server, over real sockets, for as long as the scope is open. */
export const connect = (
  baseUrl: string,
  credentials: Credentials.App,
  options?: Omit<ThingSpaceConfig.Options, "baseUrl">
) =>
  TokenSource.layer().pipe(
    Layer.provideMerge(Layer.merge(Layer.fresh(OAuthClient.layer), Credentials.layerApp(credentials))),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(Layer.orDie(ThingSpaceConfig.layer({ baseUrl, ...options }))),
    Layer.build,
    Effect.map((context) => ({
      oauth: Context.get(context, OAuthClient.OAuthClient),
      tokens: Context.get(context, TokenSource.TokenSource)
    }))
  )
