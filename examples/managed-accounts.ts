/**
 * Many accounts in one program, as a company has that manages devices for others: one access token for all, and for each
 * account a UWS user with a session and a guard of its own, made when it is first used and released when it is not.
 *
 *     npm run example -- managed-accounts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as Redacted from "effect/Redacted"
import {
  AuthError,
  Credentials,
  OAuthClient,
  ThingSpaceEmulator,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"

const customers = ["harbour", "orchard", "quarry"]

const { account } = ThingSpaceEmulator.defaults

/** Where the users' passwords are kept; the one of the quarry is out of date. */
const vault = (customer: string): Effect.Effect<Credentials.Uws, AuthError.CredentialsError> =>
  customers.includes(customer)
    ? Effect.succeed({
        username: `user-of-${customer}`,
        password: Redacted.make(customer === "quarry" ? "last-quarters-password" : `password-of-${customer}`)
      })
    : Effect.fail(new AuthError.CredentialsError({ credentials: "Uws", description: `${customer} is no customer` }))

const Tokens = TokenSource.layer().pipe(
  Layer.provide([OAuthClient.layer, Credentials.layerApp(ThingSpaceEmulator.credentials)])
)

class Accounts extends LayerMap.Service<Accounts>()("Accounts", {
  lookup: (customer: string) =>
    Layer.provide(ThingSpaceHttpClient.layerForUser(), Credentials.layerUwsEffect(vault(customer))),
  idleTimeToLive: "30 minutes",
  dependencies: [Tokens]
}) {}

const read = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
  client.get(`/api/m2m/v1/accounts/${account}`)
).pipe(
  Effect.map(({ status }) => `answered ${status}`),
  Effect.catchTags({
    SessionError: ({ errorCode }) => Effect.succeed(`refused with ${errorCode}`),
    LoginBlocked: () => Effect.succeed("not sent: the password was refused before"),
    CredentialsError: ({ description }) => Effect.succeed(description)
  })
)

const report = (customer: string) =>
  Effect.flatMap(Effect.provide(read, Accounts.get(customer)), (outcome) => Console.log(`${customer}: ${outcome}`))

const program = Effect.gen(function* () {
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  yield* Effect.forEach([...customers, ...customers, "stranger"], report)
  const requests = yield* emulator.exchanges
  const count = (path: string) => requests.filter((request) => request.path.endsWith(path)).length
  yield* Console.log(`Token requests: ${count("/oauth2/token")}, logins: ${count("/session/login")}`)
})

const users = Object.fromEntries(customers.map((customer) => [`user-of-${customer}`, `password-of-${customer}`]))

await program.pipe(
  // NodeHttpClient.layerUndici in production.
  Effect.provide(Layer.provideMerge(Accounts.Default, ThingSpaceEmulator.layer({ users }))),
  Effect.runPromise
)
