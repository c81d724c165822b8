import { existsSync } from "node:fs"
import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { build } from "esbuild"
import { Miniflare } from "miniflare"

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

const missing =
  "workerd is not installed, so the Workers are not tested. Install it: npm install --include=optional, on a platform that it has a binary for"

const { arch, platform: system } = process
const binary = `@cloudflare/workerd-${system === "win32" ? "windows" : system}-${arch === "x64" ? "64" : arch}`
const isInstalled = existsSync(`node_modules/${binary}/package.json`)

if (!isInstalled) {
  if (process.env.CI === "true") throw new Error(missing)
  console.warn(missing)
}

const platform = Layer.provideMerge(
  ThingSpaceEmulator.serve(),
  NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
)

const bundle = (name: string) =>
  Effect.promise(async () => {
    const { outputFiles } = await build({
      entryPoints: [`examples/workers/${name}.ts`],
      bundle: true,
      write: false,
      format: "esm",
      target: "es2022",
      conditions: ["workerd", "worker"],
      logLevel: "error"
    })
    return outputFiles[0]?.text ?? ""
  })

/** A Worker in workerd, on a free port of this machine. */
const worker = (name: string) =>
  Effect.gen(function* () {
    const script = yield* bundle(name)
    const baseUrl = yield* HttpServer.addressFormattedWith(Effect.succeed)
    const workerd = yield* Effect.acquireRelease(
      Effect.sync(
        () =>
          new Miniflare({
            modules: true,
            script,
            host: "127.0.0.1",
            port: 0,
            compatibilityDate: "2026-04-01",
            kvNamespaces: ["CREDENTIALS"],
            ...(name === "durable-object" ? { durableObjects: { THINGSPACE: "ThingSpace" } } : {}),
            bindings: {
              THINGSPACE_BASE_URL: baseUrl,
              THINGSPACE_APP_KEY: appKey,
              THINGSPACE_APP_SECRET: appSecret,
              THINGSPACE_UWS_USERNAME: username,
              THINGSPACE_UWS_PASSWORD: password
            }
          })
      ),
      (workerd) => Effect.promise(() => workerd.dispose())
    )
    const url = yield* Effect.promise(() => workerd.ready)
    return (signal?: AbortSignal) =>
      Effect.promise(async () => {
        const response = await fetch(new URL(`/${account}`, url), { signal: signal ?? null })
        return `${response.status} ${await response.text()}`
      })
  })

const emulator = ThingSpaceEmulator.ThingSpaceEmulator

const cost = Effect.gen(function* () {
  const paths = (yield* (yield* emulator).exchanges).map(({ path }) => path)
  const count = (end: string) => paths.filter((path) => path.endsWith(end)).length
  return { tokens: count("/oauth2/token"), logins: count("/session/login") }
})

const answered = /^200 .*Emulated Organization/

/** Callers that give up while the token is renewed, and the platform that keeps them waiting. */
const givingUp = (call: (signal?: AbortSignal) => Effect.Effect<string>) =>
  Effect.gen(function* () {
    const { failNext, revokeAll } = yield* emulator
    yield* revokeAll
    yield* failNext(ThingSpaceEmulator.hang, { path: "/api/ts/v1/oauth2/token" })
    const callers = Array.from({ length: 3 }, () => Effect.exit(Effect.sandbox(call(AbortSignal.timeout(1000)))))
    yield* Effect.all(callers, { concurrency: "unbounded" })
  })

/** The deadline of an authentication call, and what this machine may take besides. */
const deadline = "15 seconds"

describe.skipIf(!isInstalled)("in workerd", () => {
  it.scopedLive(
    "a Durable Object logs in once for all, and goes on after callers have given up during a renewal",
    () =>
      Effect.gen(function* () {
        const call = yield* worker("durable-object")
        for (const text of yield* Effect.all([call(), call(), call()], { concurrency: "unbounded" })) {
          assert.match(text, answered)
        }
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        yield* givingUp(call)
        assert.match(
          yield* Effect.timeout(Effect.repeat(call(), { until: (text) => answered.test(text) }), deadline),
          answered
        )
        assert.strictEqual((yield* cost).logins, 1)
      }).pipe(Effect.provide(platform)),
    60_000
  )

  it.scopedLive(
    "a pipeline for each request shares its credentials through KV, and goes on after callers have given up",
    () =>
      Effect.gen(function* () {
        const call = yield* worker("per-request")
        assert.match(yield* call(), answered)
        assert.match(yield* call(), answered)
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        yield* givingUp(call)
        assert.match(yield* Effect.timeout(call(), deadline), answered)
      }).pipe(Effect.provide(platform)),
    60_000
  )

  it.scopedLive(
    "a runtime in a plain Worker's module scope, which is not supported, does not hang",
    () =>
      Effect.gen(function* () {
        const call = yield* worker("module-scope")
        assert.match(yield* call(), answered)
        yield* givingUp(call)
        // It may be refused by the runtime, because what it waits for belongs to a request that has ended.
        assert.match(yield* Effect.timeout(call(), deadline), /^(200 .*Emulated Organization|500 .*different request)/)
      }).pipe(Effect.provide(platform)),
    60_000
  )
})
