/**
 * A readiness endpoint that costs no request: 200 while credentials are held or can be had, 503 once the user is blocked,
 * with what is known as JSON. Here the password is wrong, and then somebody supplies the right one.
 *
 *     npm run example -- readiness
 */
import { createServer } from "node:http"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { AuthStatus, Credentials, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

const { account, username } = ThingSpaceEmulator.defaults

const isReady = ({ login, session }: AuthStatus.Snapshot): boolean =>
  session._tag === "Held" || login._tag !== "Blocked"

const respond = HttpServerResponse.schemaJson(AuthStatus.Snapshot)

const ready = Effect.gen(function* () {
  const status = yield* AuthStatus.AuthStatus
  const snapshot = yield* status.get
  return yield* respond(snapshot, { status: isReady(snapshot) ? 200 : 503 })
})

const Server = HttpRouter.empty.pipe(HttpRouter.get("/ready", ready), HttpServer.serve())

/** What an orchestrator sees. */
const probe = HttpServer.addressFormattedWith((url) =>
  Effect.gen(function* () {
    const { json, status } = yield* HttpClient.get(`${url}/ready`)
    const { login, session } = yield* Effect.flatMap(json, Schema.decodeUnknown(AuthStatus.Snapshot))
    yield* Console.log(`${status}: session ${session._tag}, login ${login._tag}`)
  })
).pipe(Effect.provide(FetchHttpClient.layer))

const program = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const password = yield* Password
  const call = Effect.ignore(client.get(`/api/m2m/v1/accounts/${account}`))

  yield* probe
  yield* call
  yield* probe
  yield* Ref.set(password, ThingSpaceEmulator.credentials.password)
  yield* call
  yield* probe
  yield* Console.log(`Requests to the platform: ${(yield* emulator.exchanges).length}`)
})

/** Stands for a vault. */
class Password extends Effect.Service<Password>()("Password", {
  effect: Ref.make(Redacted.make("last-quarters-password"))
}) {}

const User = Credentials.layerUwsEffect(
  Effect.map(Effect.flatMap(Password, Ref.get), (password) => ({ username, password }))
)

const ThingSpace = ThingSpaceHttpClient.layerFromCredentials().pipe(
  Layer.provide([Credentials.layerApp(ThingSpaceEmulator.credentials), User]),
  Layer.provideMerge(Password.Default),
  // NodeHttpClient.layerUndici in production.
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

await program.pipe(
  Effect.provide(
    Server.pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
      Layer.provideMerge(ThingSpace)
    )
  ),
  Effect.runPromise
)
