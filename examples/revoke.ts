/**
 * Revokes the access token, as after a leak. It ends for every process that uses the same application key; the pipeline
 * gets another one when it next needs it, and its session lives on.
 *
 *     npm run example -- revoke
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AccessToken, ThingSpaceEmulator, ThingSpaceHttpClient, TokenSource } from "effect-thingspace-auth"

const { account } = ThingSpaceEmulator.defaults
const path = `/api/m2m/v1/accounts/${account}`

const program = Effect.gen(function* () {
  const tokens = yield* TokenSource.TokenSource
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient

  const first = yield* client.get(path)
  const leaked = yield* tokens.get
  yield* Console.log(`The account answered ${first.status}; the access token is ${AccessToken.fingerprint(leaked)}`)

  yield* tokens.revoke
  const someoneElse = yield* HttpClient.HttpClient
  const refused = yield* someoneElse.execute(
    HttpClientRequest.get(`https://thingspace.verizon.com${path}`).pipe(HttpClientRequest.bearerToken(leaked.secret))
  )
  yield* Console.log(`Revoked: whoever still sends it gets ${refused.status}`)

  const second = yield* client.get(path)
  const fresh = yield* tokens.get
  yield* Console.log(`The account answered ${second.status}; the access token is ${AccessToken.fingerprint(fresh)}`)

  const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const logins = (yield* exchanges).filter((exchange) => exchange.path.endsWith("/session/login"))
  yield* Console.log(`Logins in all: ${logins.length}`)
})

const ThingSpace = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  // NodeHttpClient.layerUndici in production.
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

await Effect.runPromise(Effect.provide(program, ThingSpace))
