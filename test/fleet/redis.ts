import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createClient } from "redis"

const isInstalled = spawnSync("redis-server", ["--version"]).status === 0

const missing =
  "redis-server is not installed, so what needs it is not tested. Install it: apt-get install redis-server, or brew install redis"

if (!isInstalled) {
  if (process.env.CI === "true") throw new Error(missing)
  console.warn(missing)
}

/** Tests that start a Redis of their own: left out, with a warning that says how to have them, where there is none. */
export const describeWithRedis = describe.skipIf(!isInstalled)

/** A Redis that belongs to one test, to be mistreated. */
export interface Server {
  readonly url: Redacted.Redacted
  readonly port: number
  /** Ends it without a word, and with it all that it remembers. */
  readonly kill: Effect.Effect<void>
  /** Starts it again, empty, under the same address. */
  readonly start: Effect.Effect<void>
  /** Has it take connections and answer nothing. */
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** Sends it a command, and hands over the answer. */
  readonly command: (...words: ReadonlyArray<string>) => Effect.Effect<unknown>
}

export const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** By the real time, whatever the test's clock says. */
const pause = Effect.promise(() => setTimeout(50))

const ended = (child: ChildProcess) =>
  Effect.async<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
  })

/** A server with settings of its own, which go before those that every test needs. */
export const makeWith = (settings: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "redis-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const url = `redis://127.0.0.1:${port}`
    let child: ChildProcess | undefined

    const command = (...words: ReadonlyArray<string>) =>
      Effect.acquireUseRelease(
        Effect.tryPromise(() =>
          createClient({ url, socket: { reconnectStrategy: false } })
            .on("error", () => undefined)
            .connect()
        ),
        (client) => Effect.tryPromise((): Promise<unknown> => client.sendCommand([...words])),
        (client) => Effect.sync(() => client.destroy())
      )

    const start = Effect.suspend(() => {
      const options = [
        ...settings,
        "--port",
        `${port}`,
        "--bind",
        "127.0.0.1",
        "--dir",
        folder,
        "--save",
        "",
        "--appendonly",
        "no"
      ]
      child = spawn("redis-server", options, { stdio: "ignore" })
      return command("PING").pipe(
        Effect.tapError(() => pause),
        Effect.retry({ times: 200 }),
        Effect.orDie,
        Effect.asVoid
      )
    })
    const kill = Effect.suspend(() => {
      if (child === undefined) return Effect.void
      child.kill("SIGKILL")
      return ended(child)
    })
    yield* Effect.acquireRelease(start, () => kill)

    const server: Server = {
      url: Redacted.make(url),
      port,
      kill,
      start,
      pause: Effect.sync(() => void child?.kill("SIGSTOP")),
      resume: Effect.sync(() => void child?.kill("SIGCONT")),
      command: (...words) => Effect.orDie(command(...words))
    }
    return server
  })

export const make = makeWith([])
