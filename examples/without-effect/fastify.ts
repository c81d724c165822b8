import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { ThingSpaceFetch, ThingSpaceHttpClient, ThingSpaceTransport } from "effect-thingspace-auth"
import fastify from "fastify"

const runtime = ManagedRuntime.make(Layer.provide(ThingSpaceHttpClient.layerConfig(), ThingSpaceTransport.layer))
const thingspace = await runtime.runPromise(ThingSpaceFetch.make)

export const app = fastify()

app.get<{ Params: { name: string } }>("/accounts/:name", async (request, reply) => {
  const response = await thingspace(`/api/m2m/v1/accounts/${request.params.name}`)
  return reply.code(response.status).send(await response.json())
})

// Otherwise what waits to renew the credentials keeps the process alive.
app.addHook("onClose", () => runtime.dispose())

await app.listen({ port: Number(process.env.PORT ?? 3000) })
