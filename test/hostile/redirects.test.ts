/**
 * Proves that no redirect takes a credential anywhere: the library follows none, and a program that does is stopped at the
 * border of the platform's origins.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { honest, respond, say } from "./answers.js"
import { calls, ended, outcome } from "./calls.js"
import * as clients from "./clients.js"
import * as server from "./server.js"
import * as trial from "./trial.js"

const statuses = [301, 302, 303, 307, 308]

/** Where a redirect points, given the ports of the platform and of somebody else. */
const locations: ReadonlyArray<(own: number, other: number) => ReadonlyArray<string>> = [
  (_, other) => [`http://127.0.0.1:${other}/api/ts/v1/oauth2/token`],
  (_, other) => [`http://localhost:${other}/`],
  (_, other) => [`//127.0.0.1:${other}/`],
  (_, other) => [`https://127.0.0.1:${other}/`],
  (own, other) => [`http://127.0.0.1:${own}@127.0.0.1:${other}/`],
  (own, other) => [`http://127.0.0.1:${own}/again`, `http://127.0.0.1:${other}/`],
  (own) => [`http://127.0.0.1:${own}/again`],
  () => ["http://["],
  () => []
]

const redirectTo = (status: number, to: ReadonlyArray<string>) =>
  respond(status, "moved", ...to.map((location) => `location: ${location}`))

const expected = (call: string, status: number) =>
  call === "get" || call === "post" ? `${status} whole` : `EndpointError StatusCode ${status}`

const callNames = ["requestToken", "revokeToken", "login", "logout", "get", "post"] as const

afterAll(() => console.log(`Redirects: ${trial.tried()}`))

describe.concurrent("A redirect", () => {
  for (const transport of clients.transportNames) {
    for (const status of statuses) {
      it.scopedLive(`of status ${status} is followed nowhere over ${transport}, and is what the call ends with`, () =>
        Effect.gen(function* () {
          const elsewhere = yield* server.make(say(honest()))
          for (const location of locations) {
            const platform = yield* server.make((connection) =>
              server.write(connection, redirectTo(status, location(connection.socket.localPort ?? 0, elsewhere.port)))
            )
            const named = location(platform.port, elsewhere.port).join(", ")
            const ends = yield* Effect.forEach(
              callNames,
              (call) => {
                trial.count()
                return Effect.map(
                  outcome(transport, calls[call], platform.url, trial.ample),
                  (end) => [call, end] as const
                )
              },
              { concurrency: "unbounded" }
            )
            assert.deepStrictEqual(
              ends,
              callNames.map((call) => [call, expected(call, status)] as const),
              `to ${named}`
            )
            assert.lengthOf(platform.requests, callNames.length, `to ${named}`)
          }
          assert.deepStrictEqual(
            elsewhere.connections.map(({ received }) => received()),
            []
          )
        })
      )
    }
  }
})

/** A program that follows redirects itself, on top of the authenticated client. */
const following = (transport: clients.Transport, baseUrl: string, most: number) =>
  Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
    HttpClient.followRedirects(client, most).get("/api/m2m/v1/accounts/a")
  ).pipe(
    Effect.flatMap((response) => Effect.map(response.text, (text) => [response.status, text] as const)),
    Effect.provide(
      Layer.fresh(clients.Static).pipe(
        Layer.provide(clients.transports[transport]),
        Layer.provide(ThingSpaceConfig.layer({ baseUrl, requestTimeout: "8 seconds" }))
      )
    )
  )

describe.concurrent("A program that follows redirects", () => {
  for (const transport of clients.transportNames) {
    it.scopedLive(`ends a chain of 100 over ${transport} where it wants to`, () =>
      Effect.gen(function* () {
        trial.count()
        const platform = yield* server.make((connection, request) => {
          const hops = Number(/\/hop\/(\d+)/.exec(request)?.[1] ?? 0)
          return server.write(connection, hops === 100 ? honest() : redirectTo(302, [`/hop/${hops + 1}`]))
        })
        assert.deepStrictEqual(yield* following(transport, platform.url, 10), [302, "moved"])
        assert.lengthOf(platform.requests, 11)
      })
    )

    for (const status of statuses) {
      it.scopedLive(`is not led to another origin by a ${status} over ${transport}`, () =>
        Effect.gen(function* () {
          const elsewhere = yield* server.make(say(honest()))
          for (const location of locations.slice(0, 5)) {
            trial.count()
            const platform = yield* server.make((connection) =>
              server.write(connection, redirectTo(status, location(connection.socket.localPort ?? 0, elsewhere.port)))
            )
            const exit = yield* Effect.exit(following(transport, platform.url, 10))
            assert.strictEqual(ended(Exit.as(exit, "followed")), "RequestError InvalidUrl")
            assert.lengthOf(platform.requests, 1)
          }
          assert.lengthOf(elsewhere.connections, 0)
        })
      )
    }
  }
})
