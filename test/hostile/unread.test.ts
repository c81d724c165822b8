/**
 * Proves that the connection of an answer without end, which a program does not read, is closed: with the scope that the
 * program has bound the call to; and where the library has begun to read it, when nothing refers to it any more.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as garbage from "../utils/garbage.js"
import { head, say } from "./answers.js"
import * as clients from "./clients.js"
import * as server from "./server.js"
import * as trial from "./trial.js"

afterAll(() => console.log(`Answers left unread: ${trial.tried()}`))

/** Has a program leave an answer unread, and waits until its connection is closed. */
const leave = (
  transport: clients.Transport,
  status: number,
  program: Effect.Effect<unknown, unknown, HttpClient.HttpClient | Layer.Layer.Success<typeof clients.Static>>
) =>
  Effect.gen(function* () {
    trial.count()
    const hostile = yield* server.make(say(head(status) + "x".repeat(256 * 1024)))
    const platform = ThingSpaceConfig.layer({ baseUrl: hostile.url, requestTimeout: "8 seconds" })
    yield* program.pipe(
      Effect.exit,
      Effect.zipRight(Effect.sync(() => assert.lengthOf(hostile.used(), 1))),
      // Inside, because some transports close their connections when they are closed.
      Effect.zipRight(trial.abandoned(hostile)),
      Effect.map((abandoned) => assert.isTrue(abandoned)),
      Effect.provide(
        Layer.fresh(clients.Static).pipe(
          Layer.provideMerge(clients.transports[transport]),
          Layer.provideMerge(platform)
        )
      )
    )
  })

const account = "/api/m2m/v1/accounts/a"

/** Bound to a scope beneath the credentials, because each sending is a request of its own. */
const scoped = Effect.gen(function* () {
  const client = ThingSpaceHttpClient.withSession(HttpClient.withScope(yield* HttpClient.HttpClient), {
    tokens: yield* TokenSource.TokenSource,
    sessions: yield* SessionSource.SessionSource,
    config: yield* ThingSpaceConfig.ThingSpaceConfig
  })
  return yield* client.get(account)
}).pipe(Effect.scoped)

describe.concurrent("The connection of an answer without end", () => {
  for (const transport of clients.transportNames) {
    for (const status of [200, 401, 407]) {
      it.scopedLive(`of status ${status} is closed over ${transport} with the scope of HttpClient.withScope`, () =>
        leave(transport, status, scoped)
      )
    }

    it.scopedLive(`of status 401 is closed over ${transport} when the answer is forgotten`, () =>
      Effect.raceFirst(
        leave(
          transport,
          401,
          Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))
        ),
        Effect.forever(Effect.delay(garbage.collect, "50 millis"))
      )
    )
  }
})
