/**
 * Measures what accounts cost that share one access token in one process, each with a user, a session and a guard of its
 * own:
 *
 *     npx tsx test/fleet/accounts.ts 1000 3000 10000
 */
import { fileURLToPath } from "node:url"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as Redacted from "effect/Redacted"
import * as Credentials from "../../src/Credentials.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as heap from "../soak/heap.js"
import { credentials } from "../utils/pipeline.js"

/** A platform that costs next to nothing, so that what is measured is ours; it counts what it is asked for. */
const platform = () => {
  const asked = { tokens: 0, logins: 0, calls: 0 }
  const answer = (path: string): object => {
    if (path.endsWith("/oauth2/token")) {
      asked.tokens += 1
      return { access_token: "access", expires_in: 3600 }
    }
    if (path.endsWith("/session/login")) {
      asked.logins += 1
      return { sessionToken: `session-${asked.logins}` }
    }
    asked.calls += 1
    return {}
  }
  const client = HttpClient.make((request, { pathname }) =>
    Effect.sync(() => HttpClientResponse.fromWeb(request, Response.json(answer(pathname))))
  )
  return { asked, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get("/api/m2m/v1/accounts"))

/** Makes so many accounts by a call of each, and holds them while `f` runs. */
export const measure = (count: number) =>
  Effect.gen(function* () {
    const { asked, layer } = platform()
    const tokens = TokenSource.layer().pipe(
      Layer.provide([OAuthClient.layer, Credentials.layerApp(credentials)]),
      Layer.provideMerge(layer)
    )
    return yield* Effect.gen(function* () {
      const accounts = yield* LayerMap.make(
        (n: number) =>
          Layer.provide(
            ThingSpaceHttpClient.layerForUser(),
            Credentials.layerUws({ username: `user-${n}`, password: Redacted.make("password") })
          ),
        { idleTimeToLive: "1 hour" }
      )
      const all = Effect.forEach(
        Array.from({ length: count }, (_, n) => n),
        (n) => Effect.provide(call, accounts.get(n)),
        { concurrency: 100, discard: true }
      )
      yield* Effect.provide(call, accounts.get(-1))
      const before = yield* heap.used
      const cpu = process.cpuUsage()
      const [creation] = yield* Effect.timed(all)
      const { system, user } = process.cpuUsage(cpu)
      const kibibytes = ((yield* heap.used) - before) / 1024 / count
      const again = process.cpuUsage()
      yield* all
      const later = process.cpuUsage(again)
      return {
        asked,
        kibibytes,
        seconds: Duration.toSeconds(creation),
        microsToMake: (system + user) / count,
        microsToUse: (later.system + later.user) / count
      }
    }).pipe(Effect.provide(tokens))
  }).pipe(Effect.scoped)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await Effect.runPromise(
    Effect.forEach(process.argv.slice(2).map(Number), (count) =>
      Effect.flatMap(measure(count), ({ asked, kibibytes, microsToMake, microsToUse, seconds }) =>
        Console.log(
          `${count} accounts: ${seconds.toFixed(1)} s to make, ${kibibytes.toFixed(1)} KiB and ${microsToMake.toFixed(0)} µs of CPU each; ` +
            `${microsToUse.toFixed(0)} µs for a further call; ${asked.tokens} token request, ${asked.logins} logins`
        )
      )
    )
  )
}
