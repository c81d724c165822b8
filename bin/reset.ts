/**
 * Forgets, for every process that shares the store, that logins of a user were refused: call it once the password is
 * known to be right and the user is not locked.
 *
 *     npx effect-thingspace-auth reset USER
 *
 * It reads THINGSPACE_REDIS_URL, what the store is sealed with, and, optional, THINGSPACE_BASE_URL. The store is sealed with
 * THINGSPACE_SEALING_SECRET if there is one, else with THINGSPACE_APP_KEY and THINGSPACE_APP_SECRET. It sends nothing to
 * the platform. Exit code 1 if the store cannot be reached.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { CredentialStore, Credentials, LoginGuard, ThingSpaceConfig } from "effect-thingspace-auth"
import * as RedisCredentialStore from "effect-thingspace-auth/RedisCredentialStore"
import { plain } from "./terminal.js"

const app = Config.all({ key: Config.redacted("THINGSPACE_APP_KEY"), secret: Config.redacted("THINGSPACE_APP_SECRET") })

/** The store as the fleet seals it, and what that takes. */
const sealedStore = (store: CredentialStore.Service) =>
  Effect.gen(function* () {
    const secret = yield* Config.option(Config.redacted("THINGSPACE_SEALING_SECRET"))
    const layer = CredentialStore.layer(store)
    return Option.isSome(secret)
      ? CredentialStore.sealedWith(layer, secret.value)
      : Layer.merge(layer, Credentials.layerApp(yield* app))
  })

const program = (username: string) =>
  Effect.gen(function* () {
    const store = yield* RedisCredentialStore.make({ url: yield* Config.redacted("THINGSPACE_REDIS_URL") })
    // The guard does without a store that is away; whoever resets must know.
    yield* store.get("reset")
    const guard = LoginGuard.layer.pipe(
      Layer.provide(yield* sealedStore(store)),
      Layer.provide(ThingSpaceConfig.layerConfig)
    )
    yield* Effect.provide(
      Effect.flatMap(LoginGuard.LoginGuard, ({ reset }) => reset({ username })),
      guard
    )
    yield* Console.log(`Forgotten what was refused to ${plain(username)}: the next login will be sent.`)
  }).pipe(
    Effect.scoped,
    Effect.catchAll((error) =>
      Effect.zipRight(
        Console.error(plain(String(error))),
        Effect.sync(() => {
          process.exitCode = 1
        })
      )
    )
  )

export const run = (username: string): Promise<void> => Effect.runPromise(program(username))
