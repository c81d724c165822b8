/**
 * Reads an account: the whole pipeline, with its secrets and the platform's address from the environment.
 *
 *     npm run example -- quickstart
 *
 * If `THINGSPACE_APP_KEY` is not set, `run.ts` starts the emulator and points the environment at it.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { ThingSpaceHttpClient, ThingSpaceTransport } from "effect-thingspace-auth"

const Account = Schema.Struct({ organizationName: Schema.String, carriers: Schema.Array(Schema.String) })

const program = Effect.gen(function* () {
  const client = HttpClient.filterStatusOk(yield* ThingSpaceHttpClient.ThingSpaceHttpClient)
  const name = yield* Config.nonEmptyString("THINGSPACE_ACCOUNT")
  const response = yield* client.get(`/api/m2m/v1/accounts/${name}`)
  const account = yield* HttpClientResponse.schemaBodyJson(Account)(response)
  yield* Console.log(`${name} is ${account.organizationName}, with ${account.carriers.join(", ")}`)
})

const ThingSpaceLive = Layer.provide(ThingSpaceHttpClient.layerConfig(), ThingSpaceTransport.layer)

await Effect.runPromise(Effect.provide(program, ThingSpaceLive))
