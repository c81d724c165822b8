import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { AccessToken } from "../src/AccessToken.js"
import { CredentialsError } from "../src/AuthError.js"
import * as Credentials from "../src/Credentials.js"
import * as OAuthClient from "../src/OAuthClient.js"
import * as SessionClient from "../src/SessionClient.js"
import { logging } from "./utils/pipeline.js"
import * as recorder from "./utils/recorder.js"
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

  const flaws: ReadonlyArray<readonly [flaw: string, value: string]> = [
    ["ends with a line break, as the text of a mounted file often does", "a value\n"],
    ["ends with a line break, as the text of a mounted file often does", "a value\r\n"],
    ["begins with a line break, as the text of a mounted file often does", "\n a value"],
    ["ends with a tab", "a value\t"],
    ["begins with a byte order mark, as the text of a file may do", "\uFEFFa value"]
  ]
  for (const name of names) {
    it.effect.each(flaws)(`fails with a ConfigError that says ${name} %s`, ([flaw, value]) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Layer.build(fromEnvironment({ ...variables, [name]: value })))
        assert.include(String(error), `${name} ${flaw}`)
        secrecy.assertSecret(error, ["a value"])
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

describe("credentials that a program supplies", () => {
  const good = { key: "the-key", secret: "the-secret", username: "the-user", password: "the-password" }

  /** Both calls with these credentials, over a platform that answers so. */
  const calls = (supplied: typeof good, answer: recorder.Answer) =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(answer)
      const oauth = yield* Effect.provideService(OAuthClient.make, HttpClient.HttpClient, client)
      const sessions = yield* Effect.provideService(SessionClient.make, HttpClient.HttpClient, client)
      const app = { key: Redacted.make(supplied.key), secret: Redacted.make(supplied.secret) }
      const user = { username: supplied.username, password: Redacted.make(supplied.password) }
      const access = new AccessToken({ secret: Redacted.make("token"), expiresAt: Option.none() })
      return { sent, token: oauth.requestToken(app), login: sessions.login(access, user) }
    })

  const parts = [
    ["key", "token", "application key (THINGSPACE_APP_KEY)"],
    ["secret", "token", "application secret (THINGSPACE_APP_SECRET)"],
    ["username", "login", "username (THINGSPACE_UWS_USERNAME)"],
    ["password", "login", "password (THINGSPACE_UWS_PASSWORD)"]
  ] as const

  it.effect.each(parts)("are refused before anything is sent if the %s ends with a line break", ([part, call, name]) =>
    Effect.gen(function* () {
      const made = yield* calls({ ...good, [part]: `${good[part]}\n` }, recorder.answering(500))
      const error = yield* Effect.flip(made[call])
      assert.include(String(error), `the ${name} ends with a line break, as the text of a mounted file often does`)
      assert.strictEqual(error._tag, "CredentialsError")
      assert.deepStrictEqual(made.sent, [])
      secrecy.assertSecret(error, [good[part]])
    })
  )

  const oddities = [
    ["ends with a blank", (text: string) => `${text} `],
    ["begins with a blank", (text: string) => ` ${text}`],
    ["stands in quotes", (text: string) => `"${text}"`]
  ] as const
  const odd = parts.flatMap((part) => oddities.map((oddity) => [...part, ...oddity] as const))

  it.effect.each(odd)("are sent, with one warning and a hint in the refusal, if the %s … %s, %s: %s", (row) => {
    const [part, call, name, oddity, write] = row
    const log = logging()
    return Effect.gen(function* () {
      const refusal = call === "token" ? { error: "invalid_client" } : { errorCode: "X.INPUT_INVALID.Password.Invalid" }
      const made = yield* calls({ ...good, [part]: write(good[part]) }, recorder.json(400, refusal))
      yield* Effect.flip(made[call])
      const error = yield* Effect.flip(made[call])
      assert.lengthOf(made.sent, 2)
      assert.include(error.message, `Note that the ${name} ${oddity}.`)
      assert.deepStrictEqual(
        log.at("WARN").map((line) => line.includes(`The ${name} ${oddity}, and is sent so`)),
        [true]
      )
      secrecy.assertSecret(error, [good[part]])
    }).pipe(Effect.provide(log.layer))
  })

  it.effect("are not blamed for what is no refusal of them", () =>
    Effect.gen(function* () {
      for (const answer of [recorder.answering(503), recorder.json(429, { fault: { code: 900800 } })]) {
        const made = yield* calls({ ...good, secret: "the-secret ", password: "the-password " }, answer)
        assert.notInclude(String(yield* Effect.flip(made.token)), "blank")
        assert.notInclude(String(yield* Effect.flip(made.login)), "blank")
      }
    })
  )

  it.effect("are blamed for a bare 401 of the token endpoint", () =>
    Effect.gen(function* () {
      const made = yield* calls({ ...good, secret: "'the-secret'" }, recorder.answering(401))
      assert.include(String(yield* Effect.flip(made.token)), "stands in quotes")
    })
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
