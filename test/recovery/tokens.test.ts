import type { IncomingMessage, ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Credentials from "../../src/Credentials.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as ThingSpaceTransport from "../../src/ThingSpaceTransport.js"
import * as loopback from "../servers/loopback.js"
import { credentials, paths } from "../utils/pipeline.js"
import { compare } from "./compare.js"
import {
  baseUrl,
  call,
  callsFor,
  cost,
  count,
  emulator,
  firstSuccess,
  overSockets,
  server,
  success
} from "./platform.js"

const { laggingNode, lostRequest, throttled } = ThingSpaceEmulator

const json = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(body))
}

/** A platform whose token is handed out for `lag` milliseconds longer than the APIs take it, each of which lives 2 s. */
const handingOutTooLong = (lag: number) => {
  let issued = 0
  let endsAt = 0
  return ({ headers, url }: IncomingMessage, response: ServerResponse): void => {
    const now = Date.now()
    const refusal = { fault: { code: "900901", message: "Invalid Credentials", description: "" } }
    if (url === paths.token) {
      if (now >= endsAt + lag) {
        issued += 1
        endsAt = now + 2000
      }
      const left = Math.max(0, Math.floor((endsAt - now) / 1000))
      json(response, 200, { access_token: `token-${issued}`, token_type: "Bearer", expires_in: left })
    } else if (headers.authorization !== `Bearer token-${issued}` || now >= endsAt) json(response, 401, refusal)
    else json(response, 200, url === paths.login ? { sessionToken: "session" } : {})
  }
}

/** A token endpoint that compresses what it may. */
const compressing = ({ headers }: IncomingMessage, response: ServerResponse): void => {
  const body = JSON.stringify({
    access_token: "token",
    token_type: "Bearer",
    expires_in: 3600,
    sessionToken: "session"
  })
  const isAskedFor = /gzip|\*/.test(headers["accept-encoding"] ?? "*")
  response.writeHead(200, { "content-type": "application/json", ...(isAskedFor ? { "content-encoding": "gzip" } : {}) })
  response.end(isAskedFor ? gzipSync(body) : body)
}

/** The pipeline over a server that is no emulator. */
const pipelineFor = (origin: string, transport = ThingSpaceTransport.layer) =>
  Layer.provide(Layer.orDie(ThingSpaceHttpClient.layer({ ...credentials, baseUrl: origin })), transport)

const concurrently = <A, E, R>(effect: Effect.Effect<A, E, R>, times: number) =>
  Effect.all(Effect.replicate(effect, times), { concurrency: "unbounded" })

const timed = Effect.gen(function* () {
  const began = yield* Clock.currentTimeMillis
  const status = yield* call
  return { status, took: (yield* Clock.currentTimeMillis) - began }
})

describe("trouble of the access token", () => {
  it.scopedLive(
    "that is handed out again at its end fails no call, and delays it by the lag and half a second at most",
    () =>
      Effect.gen(function* () {
        const slowest = Effect.gen(function* () {
          const { origin } = yield* loopback.serve(() => handingOutTooLong(400))
          const exits = yield* Effect.zipRight(
            success,
            concurrently(callsFor(timed, "3 seconds", "20 millis"), 10)
          ).pipe(Effect.provide(pipelineFor(origin)))
          const calls = yield* Effect.all(exits.flat())
          assert.deepStrictEqual([...new Set(calls.map(({ status }) => status))], [200])
          return Math.max(...calls.map(({ took }) => took)) / 1000
        })
        // A machine that is busy delays calls as well, now and then.
        const seconds = yield* Effect.repeat(Effect.scoped(slowest), { until: (one) => one <= 0.9, times: 2 })
        compare("token handed out again 0.4 seconds past its end", seconds)
      })
  )

  it.live("that a node of the API has not heard of is over within twice the lag", () =>
    Effect.gen(function* () {
      const { failNext, revokeAll } = yield* emulator
      yield* success
      yield* revokeAll
      const path = "/api/m2m/v1/accounts"
      yield* failNext(laggingNode("3 seconds"), { path, times: Number.POSITIVE_INFINITY })
      compare("API node 3 seconds behind a new token", yield* firstSuccess(0))
    }).pipe(Effect.provide(overSockets()))
  )

  it.live(
    "of which the secret is wrong costs 50 callers five requests in three seconds, and another is tried at once",
    () =>
      Effect.gen(function* () {
        let secret = "last-quarters-secret"
        const app = Effect.sync(() => ({ key: credentials.key, secret: Redacted.make(secret) }))
        const live = Effect.map(baseUrl, (url) => ThingSpaceHttpClient.layerFromCredentials({ baseUrl: url })).pipe(
          Layer.unwrapEffect,
          Layer.orDie,
          Layer.provide([Credentials.layerAppEffect(app), Credentials.layerUws(credentials), ThingSpaceTransport.layer])
        )
        yield* Effect.gen(function* () {
          const exits = yield* concurrently(callsFor(call, "3 seconds", "20 millis"), 50)
          assert.isTrue(exits.flat().every(Exit.isFailure))
          assert.isAtMost(yield* count(paths.token), 5)
          secret = Redacted.value(credentials.secret)
          assert.isAtMost(yield* firstSuccess(0), 2)
        }).pipe(Effect.provide(live))
      }).pipe(Effect.provide(server()))
  )

  it.live("that is throttled with Retry-After costs one request, and every error says when", () =>
    Effect.gen(function* () {
      const { failNext } = yield* emulator
      const times = Number.POSITIVE_INFINITY
      yield* failNext(throttled({ retryAfter: "30 seconds" }), { path: paths.token, times })
      const failures = yield* concurrently(callsFor(Effect.flip(call), "3 seconds", "100 millis"), 10)
      for (const error of yield* Effect.all(failures.flat())) {
        if (error._tag !== "OAuthError" || error.retryAfter === undefined) return assert.fail(String(error))
        assert.isTrue(Duration.between(error.retryAfter, { minimum: "25 seconds", maximum: "30 seconds" }))
      }
      assert.strictEqual(yield* count(paths.token), 1)
    }).pipe(Effect.provide(overSockets()))
  )

  it.live("that is a dead kept connection under its request is repeated once, and a login never", () =>
    Effect.gen(function* () {
      const { clearExchanges, endSessions, failNext, revokeAll } = yield* emulator
      yield* success
      yield* Effect.all([revokeAll, clearExchanges])
      yield* failNext(lostRequest, { path: paths.token })
      assert.strictEqual(yield* call, 200)
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 0 })
      yield* endSessions
      yield* failNext(lostRequest, { path: paths.login })
      assert.deepInclude(yield* Effect.flip(call), { _tag: "EndpointError", reason: "Transport" })
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 1 })
    }).pipe(Effect.provide(overSockets()))
  )

  it.scopedLive("that would be compressed over undici is asked for as it is", () =>
    Effect.gen(function* () {
      const { origin } = yield* loopback.serve(() => compressing)
      assert.strictEqual(yield* Effect.provide(call, pipelineFor(origin, NodeHttpClient.layerUndici)), 200)
    })
  )
})
