import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { CredentialsError } from "../src/AuthError.js"
import * as Credentials from "../src/Credentials.js"
import * as secrecy from "./utils/secrecy.js"

const variables = {
  THINGSPACE_APP_KEY: "the key",
  THINGSPACE_APP_SECRET: "the secret",
  THINGSPACE_UWS_USERNAME: "the user",
  THINGSPACE_UWS_PASSWORD: "the password"
}
const names = [
  "THINGSPACE_APP_KEY",
  "THINGSPACE_APP_SECRET",
  "THINGSPACE_UWS_USERNAME",
  "THINGSPACE_UWS_PASSWORD"
] as const

const readApp = Effect.map(Effect.flatten(Credentials.AppCredentials), ({ key, secret }) => [
  Redacted.value(key),
  Redacted.value(secret)
])
const readUws = Effect.map(Effect.flatten(Credentials.UwsCredentials), ({ password, username }) => [
  username,
  Redacted.value(password)
])

const fromEnvironment = (environment: Readonly<Record<string, string>>) =>
  Layer.provide(
    Credentials.layerConfig,
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )

describe("layerConfig", () => {
  it.effect("reads the four variables", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readApp, ["the key", "the secret"])
      assert.deepStrictEqual(yield* readUws, ["the user", "the password"])
    }).pipe(Effect.provide(fromEnvironment(variables)))
  )

  it.effect("keeps blanks around a secret, which may be part of it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readApp, ["the key", " the secret "])
    }).pipe(Effect.provide(fromEnvironment({ ...variables, THINGSPACE_APP_SECRET: " the secret " })))
  )

  for (const name of names) {
    const { [name]: _, ...others } = variables
    const cases = [
      ["is missing", others],
      ["is empty", { ...variables, [name]: "" }],
      ["is blank", { ...variables, [name]: " \t\n" }]
    ] as const
    it.effect.each(cases)(`fails with a ConfigError that names ${name} and no value, where it %s`, ([_, environment]) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Layer.build(fromEnvironment(environment)))
        assert.include(String(error), name)
        for (const other of names) if (other !== name) assert.notInclude(String(error), other)
        secrecy.assertSecret(error, Object.values(variables))
      }).pipe(Effect.scoped)
    )
  }

  it.effect("names the variable with the prefix that the program gave it", () =>
    Effect.gen(function* () {
      const provider = ConfigProvider.nested(ConfigProvider.fromMap(new Map([["MY.THINGSPACE_APP_KEY", ""]])), "MY")
      const error = yield* Effect.flip(Effect.withConfigProvider(Credentials.config, provider))
      assert.include(String(error), "THINGSPACE_APP_KEY")
    })
  )
})

describe("layerApp and layerUws", () => {
  it.effect("hand on what they were given, and print none of it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readApp, ["k", "the secret"])
      assert.deepStrictEqual(yield* readUws, ["u", "the password"])
      secrecy.assertSecret(yield* Effect.flatten(Credentials.AppCredentials), ["the secret"])
      secrecy.assertSecret(yield* Effect.flatten(Credentials.UwsCredentials), ["the password"])
    }).pipe(
      Effect.provide([
        Credentials.layerApp({ key: Redacted.make("k"), secret: Redacted.make("the secret") }),
        Credentials.layerUws({ username: "u", password: Redacted.make("the password") })
      ])
    )
  )
})

class Vault extends Context.Tag("test/Vault")<Vault, Ref.Ref<string>>() {}

describe("layerAppEffect and layerUwsEffect", () => {
  it.effect("run their Effect at each use, in the context they were built in", () =>
    Effect.gen(function* () {
      const vault = yield* Ref.make("first")
      const secret = Effect.map(Effect.flatMap(Vault, Ref.get), Redacted.make<string>)
      const layer = Layer.merge(
        Credentials.layerAppEffect(Effect.map(secret, (secret) => ({ key: Redacted.make("k"), secret }))),
        Credentials.layerUwsEffect(Effect.map(secret, (password) => ({ username: "u", password })))
      ).pipe(Layer.provide(Layer.succeed(Vault, vault)))
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* readApp, ["k", "first"])
        assert.deepStrictEqual(yield* readUws, ["u", "first"])
        yield* Ref.set(vault, "second")
        assert.deepStrictEqual(yield* readApp, ["k", "second"])
        assert.deepStrictEqual(yield* readUws, ["u", "second"])
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("fail when used, not when built", () =>
    Effect.gen(function* () {
      const sealed = new CredentialsError({ credentials: "App", description: "the vault is sealed" })
      const context = yield* Layer.build(Credentials.layerAppEffect(Effect.fail(sealed)))
      assert.strictEqual(yield* Effect.flip(Effect.provide(readApp, context)), sealed)
    }).pipe(Effect.scoped)
  )
})
