import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as esbuild from "esbuild"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { credentials } from "../utils/pipeline.js"
import { baseUrl, call, emulator, server } from "./platform.js"

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

const program = fileURLToPath(new URL("../../node_modules/.cache/recovery-finished.mjs", import.meta.url))

const build = Effect.promise(() =>
  esbuild.build({
    entryPoints: [fileURLToPath(new URL("./finished.ts", import.meta.url))],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm"
  })
)

/** How a process ends that makes one call and then has nothing to do: its exit code, none if it still runs. */
const endOf = (relogin: string, platform: string, within: Duration.DurationInput) =>
  Effect.acquireUseRelease(
    Effect.sync(() =>
      fork(program, [relogin], {
        execArgv: [],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
        env: {
          PATH: process.env.PATH,
          THINGSPACE_BASE_URL: platform,
          THINGSPACE_APP_KEY: appKey,
          THINGSPACE_APP_SECRET: appSecret,
          THINGSPACE_UWS_USERNAME: username,
          THINGSPACE_UWS_PASSWORD: password,
          THINGSPACE_ACCOUNT: account
        }
      })
    ),
    (child) =>
      Effect.gen(function* () {
        const called = yield* Effect.async<unknown>(
          (resume) => void child.once("message", (said) => resume(Effect.succeed(said)))
        )
        assert.strictEqual(called, 200)
        child.disconnect()
        return yield* Effect.async<number | null>(
          (resume) => void child.once("exit", (code) => resume(Effect.succeed(code)))
        ).pipe(
          Effect.timeoutTo({ duration: within, onSuccess: (code) => code, onTimeout: () => "still runs" as const })
        )
      }),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )

/** A user's pipeline in a process of its own, which shares nothing but the store. */
const processOf = (name: string) =>
  ThingSpaceHttpClient.layer({ ...credentials, username: name, password: Redacted.make(`password of ${name}`) }).pipe(
    Layer.orDie,
    Layer.provide(LoginGuard.layerMemory),
    Layer.provide(CredentialStore.layerKeyValueStore),
    Layer.fresh,
    Layer.build
  )

const outcome = Effect.match(call, { onSuccess: (status) => `${status}`, onFailure: ({ _tag }) => _tag })

describe("processes", () => {
  it.live("end by themselves if nothing is to be logged in again, once they have nothing left to do", () =>
    Effect.gen(function* () {
      yield* build
      const platform = yield* baseUrl
      const [finished, warm] = yield* Effect.all(
        [endOf("never", platform, "20 seconds"), endOf("always", platform, "3 seconds")],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(finished, 0)
      assert.strictEqual(warm, "still runs")
    }).pipe(Effect.provide(server()))
  )

  it.scoped("that share a store learn there of a reset, for a user of earlier and for no other", () =>
    Effect.gen(function* () {
      const { changePassword } = yield* emulator
      const harry = yield* processOf("harry")
      const olga = yield* processOf("olga")
      assert.strictEqual(yield* Effect.provide(outcome, harry), "SessionError")
      assert.strictEqual(yield* Effect.provide(outcome, olga), "SessionError")
      yield* Effect.forEach(["harry", "olga"], (name) => changePassword(name, `password of ${name}`))
      assert.strictEqual(yield* Effect.provide(outcome, yield* processOf("harry")), "LoginBlocked")
      yield* Context.get(olga, LoginGuard.LoginGuard).reset({ username: "harry" })
      assert.strictEqual(yield* Effect.provide(outcome, yield* processOf("harry")), "200")
      assert.strictEqual(yield* Effect.provide(outcome, yield* processOf("olga")), "LoginBlocked")
    }).pipe(
      Effect.provide([
        ThingSpaceEmulator.layer({ users: { harry: "another", olga: "another" } }),
        KeyValueStore.layerMemory
      ])
    )
  )
})
