/**
 * A fetch of ours to the platform emulated in memory, and what the programs that call it show.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { ThingSpaceEmulator, ThingSpaceFetch, ThingSpaceHttpClient } from "effect-thingspace-auth"

/** One runtime for the whole program, so that all calls share the credentials. */
const runtime = ManagedRuntime.make(
  ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
    // FetchHttpClient.layer in production.
    Layer.provideMerge(ThingSpaceEmulator.layer())
  )
)

export const baseUrl = "https://thingspace.verizon.com"

export const { account } = ThingSpaceEmulator.defaults

export const fetch: typeof globalThis.fetch = await runtime.runPromise(ThingSpaceFetch.make)

/** Ends both credentials behind the program's back. */
export const endCredentials = (): Promise<void> =>
  runtime.runPromise(
    Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, ({ endSessions, revokeAll }) =>
      Effect.zipRight(revokeAll, endSessions)
    )
  )

/** What the credentials have cost so far. */
export const cost = (): Promise<string> =>
  runtime.runPromise(
    Effect.gen(function* () {
      const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const paths = (yield* exchanges).map(({ path }) => path)
      const count = (end: string) => paths.filter((path) => path.endsWith(end)).length
      return `token requests: ${count("/oauth2/token")}, logins: ${count("/session/login")}`
    })
  )

/** Ends what waits to renew the credentials. */
export const close = (): Promise<void> => runtime.dispose()
