/**
 * A short program that is started again and again. Its credentials are kept in files, encrypted, so that only the first
 * run asks for them, and a password that was refused is not sent again by the next.
 *
 *     npm run example -- cron
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeKeyValueStore from "@effect/platform-node/NodeKeyValueStore"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { CredentialStore, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

const { account } = ThingSpaceEmulator.defaults

/** One run, which knows nothing of those before it but what is in the folder. */
const run = (folder: string, password: Redacted.Redacted) => {
  const ThingSpace = ThingSpaceHttpClient.layer({ ...ThingSpaceEmulator.credentials, password }).pipe(
    Layer.provide(CredentialStore.layerKeyValueStore),
    Layer.provide(NodeKeyValueStore.layerFileSystem(folder))
  )
  return Effect.gen(function* () {
    const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
    yield* emulator.clearExchanges
    const outcome = yield* Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
      client.get(`/api/m2m/v1/accounts/${account}`)
    ).pipe(
      Effect.map(({ status }) => `status ${status}`),
      Effect.catchTags({
        SessionError: ({ errorCode }) => Effect.succeed(errorCode),
        LoginBlocked: () => Effect.succeed("LoginBlocked")
      }),
      Effect.provide(ThingSpace)
    )
    const paths = (yield* emulator.exchanges).map(({ path }) => path.slice(path.lastIndexOf("/") + 1))
    yield* Console.log(`${outcome} after ${paths.join(", ") || "no request"}`)
  })
}

const { password } = ThingSpaceEmulator.credentials
const wrong = Redacted.make("last-quarters-password")

const program = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "credentials-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )
  yield* run(folder, password)
  yield* run(folder, password)
  yield* run(folder, wrong)
  yield* run(folder, wrong)
})

// NodeHttpClient.layerUndici in production.
await program.pipe(Effect.scoped, Effect.provide(ThingSpaceEmulator.layer()), Effect.runPromise)
