/**
 * Puts the credentials on a client of your own, between what belongs beneath them and what belongs above.
 *
 *     npm run example -- your-own-client
 *
 * Beneath `withSession` goes what concerns every request that leaves, resends and logins included: a rate limit, a log
 * of what was sent. Above it goes what concerns a call as a whole: retries, which then send the credentials of the
 * moment, and `followRedirects`, whose every hop then passes the check of where credentials may go. Beneath
 * `withSession`, `followRedirects` would carry the credentials to whatever host a redirect names.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/RateLimiter"
import * as Schedule from "effect/Schedule"
import { SessionSource, ThingSpaceEmulator, ThingSpaceHttpClient, TokenSource } from "effect-thingspace-auth"

const { account } = ThingSpaceEmulator.defaults
const path = `/api/m2m/v1/accounts/${account}`

const Transport = Layer.scoped(
  HttpClient.HttpClient,
  Effect.gen(function* () {
    const limit = yield* RateLimiter.make({ limit: 10, interval: "1 second" })
    return HttpClient.transform(yield* HttpClient.HttpClient, (send, { method, url }) =>
      limit(Effect.zipRight(Console.log(`  sends ${method} ${url}`), send))
    )
  })
)

const makeClient = Effect.gen(function* () {
  const transport = yield* HttpClient.HttpClient
  return transport.pipe(
    ThingSpaceHttpClient.withSession({
      tokens: yield* TokenSource.TokenSource,
      sessions: yield* SessionSource.SessionSource
    }),
    HttpClient.followRedirects(3),
    HttpClient.retryTransient({ schedule: Schedule.exponential("100 millis"), times: 2 }),
    HttpClient.filterStatusOk
  )
})

const program = Effect.gen(function* () {
  const client = yield* makeClient
  const { endSessions, failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator

  yield* Console.log("A first call:")
  yield* client.get(path)

  yield* Console.log("The platform is unwell for a moment, and the session is over:")
  yield* failNext(ThingSpaceEmulator.answer(503), { path })
  yield* endSessions
  const response = yield* client.get(path)
  yield* Console.log(`  status ${response.status}`)

  yield* Console.log("A redirect to another host:")
  yield* failNext(ThingSpaceEmulator.answer(302, { headers: { location: "https://example.com/" } }), { path })
  const error = yield* Effect.flip(client.get(path))
  yield* Console.log(`  ${error.message}`)
})

/** The assembled layer, for the two sources that it provides. */
const Sources = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  Layer.provideMerge(Transport),
  // NodeHttpClient.layerUndici in production.
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

await Effect.runPromise(Effect.provide(program, Sources))
