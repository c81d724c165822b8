/**
 * Runs an example by its name, or lists the names.
 *
 *     npm run example -- quickstart
 */
import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"

const failed = Effect.sync(() => {
  process.exitCode = 1
})

const names = [
  "quickstart",
  "oauth-only",
  "revoke",
  "device-location",
  "idle-relogin",
  "rotate-credentials",
  "your-own-client",
  "testing-your-code",
  "typed-products",
  "telemetry",
  "readiness",
  "cron",
  "fleet",
  "managed-accounts",
  "openapi-fetch",
  "axios",
  "generated-sdk"
]

/** An example is done when its module has been evaluated: each awaits its program. */
const run = (name: string) =>
  Effect.tryPromise({ try: () => import(`./${name}.ts`), catch: String }).pipe(
    Effect.catchAll((failure) => Effect.zipRight(Console.error(failure), failed))
  )

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

/** An emulated platform on a free port, and an environment that leads there, for as long as the effect runs. */
const onEmulator = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    yield* HttpServer.addressFormattedWith((url) =>
      Effect.sync(() =>
        Object.assign(process.env, {
          THINGSPACE_BASE_URL: url,
          THINGSPACE_APP_KEY: appKey,
          THINGSPACE_APP_SECRET: appSecret,
          THINGSPACE_UWS_USERNAME: username,
          THINGSPACE_UWS_PASSWORD: password,
          THINGSPACE_ACCOUNT: account
        })
      )
    )
    yield* Console.log(
      `THINGSPACE_APP_KEY is not set: this runs against the emulator at ${process.env.THINGSPACE_BASE_URL}`
    )
    return yield* effect
  }).pipe(
    Effect.provide(
      Layer.provideMerge(ThingSpaceEmulator.serve(), NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
    )
  )

const test = Effect.promise(() => import("vitest/node")).pipe(
  Effect.andThen(({ startVitest }) => startVitest("test", [], { project: ["example"], watch: false }))
)

const usage = Console.log(`npm run example -- NAME, where NAME is one of:\n\n${names.map((n) => `  ${n}\n`).join("")}`)

const start = (name: string | undefined): Effect.Effect<unknown, unknown> => {
  if (name === undefined || !names.includes(name)) return Effect.zipRight(usage, failed)
  if (name === "testing-your-code") return test
  return name === "quickstart" && !process.env.THINGSPACE_APP_KEY ? onEmulator(run(name)) : run(name)
}

await Effect.runPromise(start(process.argv[2]))
