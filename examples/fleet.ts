/**
 * Three processes that share their credentials in Redis: one of them logs in for all, and a wrong password is tried by one
 * of them, once. It needs the program `redis-server`, and starts one of its own on a free port.
 *
 *     npm run example -- fleet
 */
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ThingSpaceEmulator } from "effect-thingspace-auth"
import { freePort } from "./internal/freePort.js"

class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

/** A Redis that keeps nothing on disk, for as long as the scope is open. */
const redis = Effect.gen(function* () {
  const port = yield* freePort
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] })),
    (child) => Effect.sync(() => child.kill())
  )
  yield* Effect.async<void, Failed>((resume) => {
    server.on("error", () =>
      resume(
        new Failed({ message: "redis-server is not installed: apt-get install redis-server, or brew install redis" })
      )
    )
    server.stdout.on("data", (text) => {
      if (String(text).includes("Ready to accept connections")) resume(Effect.void)
    })
  })
  return `redis://127.0.0.1:${port}`
})

/** Runs a process of the fleet to its end, and hands over what it says. */
const worker = (platform: string, store: string, secret: string) =>
  Effect.async<string, Failed>((resume) => {
    const program = fileURLToPath(new URL("./internal/fleetWorker.ts", import.meta.url))
    const child = spawn(process.execPath, ["--import", "tsx", program], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        THINGSPACE_BASE_URL: platform,
        THINGSPACE_REDIS_URL: store,
        THINGSPACE_APP_KEY: appKey,
        THINGSPACE_APP_SECRET: appSecret,
        THINGSPACE_UWS_USERNAME: username,
        THINGSPACE_UWS_PASSWORD: secret,
        THINGSPACE_ACCOUNT: account
      }
    })
    let said = ""
    child.stdout.on("data", (text) => {
      said += text
    })
    child.on("close", (code) =>
      resume(code === 0 ? Effect.succeed(said.trim()) : new Failed({ message: `a process ended with ${code}` }))
    )
    return Effect.sync(() => child.kill())
  })

const story = HttpServer.addressFormattedWith((platform) =>
  Effect.gen(function* () {
    const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
    const store = yield* redis
    const fleet = (title: string, secret: string) =>
      Effect.gen(function* () {
        yield* emulator.clearExchanges
        const said = yield* Effect.all(Effect.replicate(worker(platform, store, secret), 3), { concurrency: 3 })
        const requests = yield* emulator.exchanges
        const count = (path: string) => requests.filter((request) => request.path.endsWith(path)).length
        yield* Console.log(`${title}: ${count("/oauth2/token")} token requests, ${count("/session/login")} logins`)
        yield* Effect.forEach(said.sort(), (text, n) => Console.log(`  process ${n + 1}: ${text}`))
      })
    yield* fleet("Three processes start at once", password)
    yield* fleet("Three more, later", password)
    yield* fleet("Three with a wrong password", "last-quarters-password")
    yield* Console.log(`Locked users: ${(yield* emulator.lockedUsers).length}`)
  })
)

const stage = Layer.provideMerge(
  ThingSpaceEmulator.serve(),
  NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
)

await story.pipe(Effect.scoped, Effect.provide(stage), Effect.runPromise)
