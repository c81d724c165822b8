import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { vi } from "vitest"
import { blocks, read } from "./pages.js"

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

const platform = Layer.provideMerge(
  ThingSpaceEmulator.serve(),
  NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
)

/** Has the environment lead to the emulator for as long as the scope is open. */
const environment = HttpServer.addressFormattedWith((url) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      for (const [name, value] of Object.entries({
        PORT: "0",
        THINGSPACE_BASE_URL: url,
        THINGSPACE_APP_KEY: appKey,
        THINGSPACE_APP_SECRET: appSecret,
        THINGSPACE_UWS_USERNAME: username,
        THINGSPACE_UWS_PASSWORD: password,
        THINGSPACE_ACCOUNT: account
      })) {
        vi.stubEnv(name, value)
      }
    }),
    () => Effect.sync(() => vi.unstubAllEnvs())
  )
)

const logins = Effect.gen(function* () {
  const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  return (yield* exchanges).filter(({ path }) => path.endsWith("/session/login")).length
})

const json = (response: Response) => Effect.promise((): Promise<unknown> => response.json())

describe("docs/without-effect.md", () => {
  it("shows the files that run here", () => {
    const files = ["fastify.ts", "thingspace.ts", "route.ts"].map((file) => read(`examples/without-effect/${file}`))
    assert.deepStrictEqual(blocks("docs/without-effect.md", "ts"), files)
  })

  it.scopedLive("serves an account by fastify", () =>
    Effect.gen(function* () {
      yield* environment
      const { app } = yield* Effect.promise(() => import("../../examples/without-effect/fastify.js"))
      const response = yield* Effect.promise(() => fetch(`${app.listeningOrigin}/accounts/${account}`))
      assert.strictEqual(response.status, 200)
      assert.propertyVal(yield* json(response), "organizationName", "Emulated Organization")
      yield* Effect.promise(() => app.close())
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("logs in once for the bundles of Next.js, each of which evaluates the module again", () =>
    Effect.gen(function* () {
      yield* environment
      const bundle = Effect.promise(() => {
        vi.resetModules()
        return import("../../examples/without-effect/route.js")
      })
      const [one, other] = [yield* bundle, yield* bundle]
      assert.notStrictEqual(one.GET, other.GET)
      for (const { GET } of [one, other]) {
        const response = yield* Effect.promise(() => GET())
        assert.strictEqual(response.status, 200)
        assert.propertyVal(yield* json(response), "organizationName", "Emulated Organization")
      }
      assert.strictEqual(yield* logins, 1)
    }).pipe(Effect.provide(platform))
  )
})
