import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import {
  Credentials,
  LoginGuard,
  OAuthClient,
  ThingSpaceEmulator,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"
import { annotated } from "./annotated.js"
import { blocks, read } from "./pages.js"

const { account, username } = ThingSpaceEmulator.defaults

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
  client.get(`/api/m2m/v1/accounts/${account}`)
).pipe(
  Effect.map(({ status }) => String(status)),
  Effect.catchAll(({ _tag }) => Effect.succeed(_tag))
)

describe("docs/recipes.md: rotate a password", () => {
  const next = Redacted.make("the-next-one")
  const before = ThingSpaceEmulator.credentials

  /** A pipeline over a vault, on a platform of its own. */
  const rotating = Effect.gen(function* () {
    const vault = yield* Ref.make<Credentials.Uws>(before)
    const { changePassword } = yield* ThingSpaceEmulator.ThingSpaceEmulator
    const pipeline = ThingSpaceHttpClient.layerFromCredentials().pipe(
      Layer.provide(Credentials.layerApp(before)),
      Layer.provide(Credentials.layerUwsEffect(Ref.get(vault)))
    )
    return {
      pipeline,
      changeVault: Ref.set(vault, { username, password: next }),
      changePlatform: changePassword(username, Redacted.value(next))
    }
  })

  it.effect("heals by itself if the platform changes first", () =>
    Effect.gen(function* () {
      const { changePlatform, changeVault, pipeline } = yield* rotating
      yield* Effect.gen(function* () {
        yield* changePlatform
        assert.strictEqual(yield* call, "SessionError")
        yield* changeVault
        assert.strictEqual(yield* call, "200")
      }).pipe(Effect.provide(pipeline))
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.effect("takes a reset if the vault changes first, and a login comes in the gap", () =>
    Effect.gen(function* () {
      const { changePlatform, changeVault, pipeline } = yield* rotating
      yield* Effect.gen(function* () {
        yield* changeVault
        assert.strictEqual(yield* call, "SessionError")
        yield* changePlatform
        assert.strictEqual(yield* call, "LoginBlocked")
        yield* Effect.flatMap(LoginGuard.LoginGuard, ({ reset }) => reset({ username }))
        assert.strictEqual(yield* call, "200")
      }).pipe(Effect.provide(pipeline))
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )
})

describe("docs/recipes.md: annotate logs by customer", () => {
  it("shows the program that runs here", () => {
    assert.include(blocks("docs/recipes.md", "ts"), read("test/docs/annotated.ts"))
  })

  it.effect("names the customer in the lines about the session, and not in those about the token", () => {
    const lines: Array<string> = []
    const recording = Logger.make(({ annotations, message }) => {
      const customer = HashMap.get(annotations, "customer")
      lines.push(
        `${[message].flat()[0]}`.replace(/#.*/, "#…") + (customer._tag === "Some" ? ` (${customer.value})` : "")
      )
    })
    const Tokens = TokenSource.layer().pipe(
      Layer.provide([OAuthClient.layer, Credentials.layerApp(ThingSpaceEmulator.credentials)])
    )
    class Accounts extends LayerMap.Service<Accounts>()("Accounts", {
      lookup: (customer: string) =>
        Layer.provide(annotated(customer), Credentials.layerUws(ThingSpaceEmulator.credentials)),
      dependencies: [Tokens]
    }) {}
    const callOf = (customer: string) => Effect.provide(call, Accounts.get(customer))
    return Effect.gen(function* () {
      yield* callOf("harbour")
      yield* Effect.logDebug("The program's own line")
      yield* callOf("orchard")
      assert.sameMembers(lines, [
        "Built a pipeline (harbour)",
        "Acquired access token #…",
        "Logged in, session #… (harbour)",
        "The program's own line",
        "Built a pipeline (orchard)",
        "Logged in, session #… (orchard)"
      ])
    }).pipe(
      Effect.provide(
        Layer.provideMerge(Accounts.Default, ThingSpaceEmulator.layer()).pipe(
          Layer.provideMerge(
            Layer.merge(Logger.replace(Logger.defaultLogger, recording), Logger.minimumLogLevel(LogLevel.Debug))
          )
        )
      )
    )
  })
})
