/**
 * Reads the username and password anew at each login, as from a vault. A wrong password reaches the platform once; after
 * that the program refuses to send it, until the vault holds another.
 *
 *     npm run example -- rotate-credentials
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { Credentials, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

const { account, username } = ThingSpaceEmulator.defaults

const vault = Ref.unsafeMake<Credentials.Uws>({ username, password: Redacted.make("last-quarters-password") })

const program = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const call = Effect.gen(function* () {
    const outcome = yield* client.get(`/api/m2m/v1/accounts/${account}`).pipe(
      Effect.map((response) => `status ${response.status}`),
      Effect.catchTags({
        SessionError: (error) => Effect.succeed(error.message),
        LoginBlocked: (error) => Effect.succeed(error.message)
      })
    )
    const logins = (yield* emulator.exchanges).filter(({ path }) => path.endsWith("/session/login"))
    yield* Console.log(`After ${logins.length} login(s): ${outcome}`)
  })

  yield* call
  yield* call
  yield* Ref.set(vault, ThingSpaceEmulator.credentials)
  yield* call
})

const ThingSpace = ThingSpaceHttpClient.layerFromCredentials().pipe(
  Layer.provide(Credentials.layerApp(ThingSpaceEmulator.credentials)),
  Layer.provide(Credentials.layerUwsEffect(Ref.get(vault))),
  // NodeHttpClient.layerUndici in production.
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

await Effect.runPromise(Effect.provide(program, ThingSpace))
