/**
 * Calls an API that needs the access token and no session, such as 5G Edge Discovery: an application key is enough, and
 * nobody logs in.
 *
 *     npm run example -- oauth-only
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  Credentials,
  OAuthClient,
  ThingSpaceConfig,
  ThingSpaceEmulator,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"

const program = Effect.gen(function* () {
  const client = ThingSpaceHttpClient.withAccessToken(yield* HttpClient.HttpClient, {
    tokens: yield* TokenSource.TokenSource,
    config: yield* ThingSpaceConfig.ThingSpaceConfig
  })
  for (const path of ["/api/mec/eds/regions", "/api/mec/eds/serviceprofiles"]) {
    const { status } = yield* client.get(path)
    yield* Console.log(`${path} answered ${status}`)
  }

  yield* Console.log("What the platform received:")
  const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  for (const { headers, method, url } of yield* exchanges) {
    const scheme = headers.authorization?.split(" ")[0]
    yield* Console.log(`  ${method} ${url} (${scheme}, ${headers["vz-m2m-token"] ? "a session" : "no session"})`)
  }
})

const Tokens = TokenSource.layer().pipe(
  Layer.provide(OAuthClient.layer),
  Layer.provide(Credentials.layerApp(ThingSpaceEmulator.credentials)),
  Layer.provideMerge(ThingSpaceConfig.layer({ baseUrl: "https://5gedge.verizon.com" })),
  // NodeHttpClient.layerUndici in production.
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

await Effect.runPromise(Effect.provide(program, Tokens))
