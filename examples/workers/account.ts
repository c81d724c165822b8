import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ThingSpaceHttpClient } from "effect-thingspace-auth"

/** The variables and secrets of a Worker, where the library looks for its own. */
export const variables = (environment: object): Layer.Layer<never> =>
  Layer.setConfigProvider(
    ConfigProvider.fromMap(
      new Map(Object.entries(environment).filter((entry): entry is [string, string] => typeof entry[1] === "string"))
    )
  )

/** The program of these Workers: the account that the path names. */
export const account = (request: Request): Effect.Effect<Response, never, ThingSpaceHttpClient.ThingSpaceHttpClient> =>
  Effect.gen(function* () {
    const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
    const response = yield* client.get(`/api/m2m/v1/accounts${new URL(request.url).pathname}`)
    return Response.json(yield* response.json, { status: response.status })
  }).pipe(
    Effect.catchAll(({ _tag, message }) => Effect.succeed(Response.json({ error: _tag, message }, { status: 502 })))
  )
