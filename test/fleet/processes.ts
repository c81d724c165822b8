import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as esbuild from "esbuild"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import type * as redis from "./redis.js"

/** A process of its own. */
export interface Process {
  /** Makes so many calls at once; says what became of each: a status, or the tag of a failure. */
  readonly calls: (times: number) => Effect.Effect<ReadonlyArray<string>>
  readonly kill: Effect.Effect<void>
  readonly suspend: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
}

const message = (child: ChildProcess) =>
  Effect.async<unknown>((resume) => {
    const heard = (text: unknown) => resume(Effect.succeed(text))
    child.once("message", heard)
    return Effect.sync(() => child.off("message", heard))
  })

const texts = (reply: unknown): ReadonlyArray<string> => (Array.isArray(reply) ? reply.map(String) : [])

/** The program in one file, because each process would have to translate and to find hundreds of them. */
const program = fileURLToPath(new URL("../../node_modules/.cache/fleet-worker.mjs", import.meta.url))

const built = Effect.cached(
  Effect.promise(() =>
    esbuild.build({
      entryPoints: [fileURLToPath(new URL("./worker.ts", import.meta.url))],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["redis"]
    })
  )
)
const build = Effect.runSync(built)

export interface Options {
  readonly password?: string
  /** Whether its leases last for 2 seconds, instead of 10. */
  readonly hasty?: boolean
}

/** Starts a process, and waits until it can be spoken to. */
export const make = (platform: string, server: redis.Server, options: Options = {}) =>
  Effect.gen(function* () {
    yield* build
    const { account, appKey, appSecret, username } = ThingSpaceEmulator.defaults
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(program, options.hasty === true ? ["hasty"] : [], {
          execArgv: [],
          stdio: ["ignore", "ignore", "inherit", "ipc"],
          env: {
            PATH: process.env.PATH,
            THINGSPACE_BASE_URL: platform,
            THINGSPACE_REDIS_URL: Redacted.value(server.url),
            THINGSPACE_APP_KEY: appKey,
            THINGSPACE_APP_SECRET: appSecret,
            THINGSPACE_UWS_USERNAME: username,
            THINGSPACE_UWS_PASSWORD: options.password ?? ThingSpaceEmulator.defaults.password,
            THINGSPACE_ACCOUNT: account
          }
        })
      ),
      (child) => Effect.sync(() => void child.kill("SIGKILL"))
    )
    yield* message(child)
    const one: Process = {
      calls: (times) => {
        const reply = Effect.map(message(child), texts)
        return Effect.zipRight(
          Effect.sync(() => child.send(times)),
          reply
        )
      },
      kill: Effect.sync(() => void child.kill("SIGKILL")),
      suspend: Effect.sync(() => void child.kill("SIGSTOP")),
      resume: Effect.sync(() => void child.kill("SIGCONT"))
    }
    return one
  })
