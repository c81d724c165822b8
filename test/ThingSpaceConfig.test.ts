import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as ThingSpaceConfig from "../src/ThingSpaceConfig.js"
import * as secrecy from "./utils/secrecy.js"

const origins = (settings: ThingSpaceConfig.Settings): Readonly<Record<string, string>> =>
  Object.fromEntries(settings.origins)

const production = {
  "https://thingspace.verizon.com": "vz-m2m-token",
  "https://5gedge.verizon.com": "vz-m2m-token",
  "https://imp.thingspace.verizon.com": "sessiontoken"
}

describe("the settings", () => {
  it.effect("are production's by default, with 10 seconds for each call", () =>
    Effect.gen(function* () {
      const settings = yield* ThingSpaceConfig.ThingSpaceConfig
      assert.strictEqual(settings.baseUrl, "https://thingspace.verizon.com")
      assert.strictEqual(Duration.toMillis(settings.requestTimeout), 10_000)
      assert.deepStrictEqual(origins(settings), production)
      assert.deepStrictEqual(yield* ThingSpaceConfig.make({}), settings)
    })
  )

  const ofProduction = [
    "https://thingspace.verizon.com/",
    "https://THINGSPACE.verizon.com:443",
    "https://thingspace.verizon.com/base"
  ]
  it.effect.each(ofProduction)("know production's origins with the base URL %s", (baseUrl) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(origins(yield* ThingSpaceConfig.make({ baseUrl })), production)
    })
  )

  const others: ReadonlyArray<readonly [baseUrl: string, href: string, origin: string]> = [
    [
      "https://staging.thingspace.verizon.com",
      "https://staging.thingspace.verizon.com",
      "https://staging.thingspace.verizon.com"
    ],
    [
      "https://thingspace.verizon.com:8443",
      "https://thingspace.verizon.com:8443",
      "https://thingspace.verizon.com:8443"
    ],
    ["https://example.com/a/b//", "https://example.com/a/b", "https://example.com"],
    ["https://example.com/?", "https://example.com", "https://example.com"],
    ["https://example.com/#", "https://example.com", "https://example.com"],
    ["http://localhost:8787", "http://localhost:8787", "http://localhost:8787"],
    ["http://127.0.0.1:8787/", "http://127.0.0.1:8787", "http://127.0.0.1:8787"],
    ["http://127.9.9.9", "http://127.9.9.9", "http://127.9.9.9"],
    ["http://[::1]:8787", "http://[::1]:8787", "http://[::1]:8787"]
  ]
  it.effect.each(others)("know only its own origin with the base URL %s", ([baseUrl, href, origin]) =>
    Effect.gen(function* () {
      const settings = yield* ThingSpaceConfig.make({ baseUrl })
      assert.strictEqual(settings.baseUrl, href)
      assert.deepStrictEqual(origins(settings), { [origin]: "vz-m2m-token" })
    })
  )

  it.effect("know the origins that the program lists, and no others", () =>
    Effect.gen(function* () {
      const listed = new Map<string, ThingSpaceConfig.SessionHeader>([
        ["https://API.example.com:443/", "sessiontoken"],
        ["http://localhost:1", "vz-m2m-token"]
      ])
      assert.deepStrictEqual(origins(yield* ThingSpaceConfig.make({ origins: listed })), {
        "https://api.example.com": "sessiontoken",
        "http://localhost:1": "vz-m2m-token"
      })
      assert.deepStrictEqual(origins(yield* ThingSpaceConfig.make({ origins: new Map() })), {})
    })
  )

  it.effect("take the deadline that the program gives", () =>
    Effect.gen(function* () {
      const { requestTimeout } = yield* ThingSpaceConfig.make({ requestTimeout: "3 seconds" })
      assert.strictEqual(Duration.toMillis(requestTimeout), 3000)
    })
  )
})

const bad = [
  "",
  " ",
  "thingspace.verizon.com",
  "//thingspace.verizon.com",
  "/base",
  "https://",
  "https://exa mple.com",
  "http://thingspace.verizon.com",
  "http://localhost.example.com",
  "http://127.0.0.1.example.com",
  "http://10.0.0.1",
  "http://0.0.0.0",
  "ftp://thingspace.verizon.com",
  "ws://localhost",
  "javascript:alert(1)",
  "data:text/plain,x",
  "https://s3cr3t@thingspace.verizon.com",
  "https://user:s3cr3t@thingspace.verizon.com",
  "https://thingspace.verizon.com?key=s3cr3t",
  "https://thingspace.verizon.com/#s3cr3t"
]

describe("a ConfigError", () => {
  it.effect.each(bad)("refuses the base URL %j, and does not repeat a secret in it", (baseUrl) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(ThingSpaceConfig.layer({ baseUrl })))
      assert.include(String(error), "baseUrl")
      secrecy.assertSecret(error, ["s3cr3t"])
    }).pipe(Effect.scoped)
  )

  it.effect.each(bad)("refuses %j among the origins", (address) =>
    Effect.gen(function* () {
      const made = ThingSpaceConfig.make({ origins: new Map([[address, "vz-m2m-token"]]) })
      assert.include(String(yield* Either.flip(made)), "origins")
    })
  )

  it.effect.each(bad.filter((address) => address !== ""))("names THINGSPACE_BASE_URL where it is %j", (address) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(fromEnvironment({ THINGSPACE_BASE_URL: address })))
      assert.strictEqual(String(error).split("THINGSPACE_BASE_URL").length, 2)
      secrecy.assertSecret(error, ["s3cr3t"])
    }).pipe(Effect.scoped)
  )
})

const fromEnvironment = (environment: Readonly<Record<string, string>>) =>
  Layer.provide(
    ThingSpaceConfig.layerConfig,
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )

describe("layerConfig", () => {
  it.effect("reads THINGSPACE_BASE_URL", () =>
    Effect.gen(function* () {
      const settings = yield* ThingSpaceConfig.ThingSpaceConfig
      assert.strictEqual(settings.baseUrl, "http://localhost:8787")
      assert.deepStrictEqual(origins(settings), { "http://localhost:8787": "vz-m2m-token" })
    }).pipe(Effect.provide(fromEnvironment({ THINGSPACE_BASE_URL: "http://localhost:8787/" })))
  )

  it.effect("leaves production where the variable is not set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(origins(yield* ThingSpaceConfig.ThingSpaceConfig), production)
    }).pipe(Effect.provide(fromEnvironment({})))
  )

  it.effect("drops the origins that came with the address it replaces", () =>
    Effect.gen(function* () {
      const settings = yield* ThingSpaceConfig.ThingSpaceConfig
      assert.deepStrictEqual(origins(settings), { "http://localhost:8787": "vz-m2m-token" })
    }).pipe(
      Effect.provide(
        Layer.provide(
          fromEnvironment({ THINGSPACE_BASE_URL: "http://localhost:8787" }),
          ThingSpaceConfig.layer({ baseUrl: "https://staging.example" })
        )
      )
    )
  )

  it.effect("keeps the origins and the deadline that the program gave", () =>
    Effect.gen(function* () {
      const settings = yield* ThingSpaceConfig.ThingSpaceConfig
      assert.deepStrictEqual(origins(settings), { "http://localhost:1": "sessiontoken" })
      assert.strictEqual(Duration.toSeconds(settings.requestTimeout), 3)
    }).pipe(
      Effect.provide(
        Layer.provide(
          fromEnvironment({ THINGSPACE_BASE_URL: "http://localhost:8787" }),
          ThingSpaceConfig.layer({
            origins: new Map([["http://localhost:1", "sessiontoken"]]),
            requestTimeout: "3 seconds"
          })
        )
      )
    )
  )
})
