/**
 * Proves that what configures the client is checked where it is written: session headers, durations and schedules.
 */
import type * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import {
  Credentials,
  SessionSource,
  ThingSpaceConfig,
  ThingSpaceEmulator,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"
import { describe, expect, test } from "tstyche"

const origin = "https://thingspace.example"

describe("origins", () => {
  test("have one of two session headers", () => {
    expect<ThingSpaceConfig.SessionHeader>().type.toBe<"vz-m2m-token" | "sessiontoken">()
    expect(ThingSpaceConfig.layer).type.toBeCallableWith({ origins: new Map([[origin, "vz-m2m-token"]]) })
    expect(ThingSpaceConfig.layer).type.toBeCallableWith({ origins: new Map([[origin, "sessiontoken"]]) })
  })

  test("refuse any other header, however alike", () => {
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ origins: new Map([[origin, "VZ-M2M-Token"]]) })
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ origins: new Map([[origin, "SessionToken"]]) })
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ origins: new Map([[origin, "authorization"]]) })
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ origins: new Map([[origin, true]]) })
  })

  test("are a Map of texts, not a list, not an object, not URLs", () => {
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ origins: [origin] })
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ origins: { [origin]: "vz-m2m-token" } })
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ origins: new Map([[new URL(origin), "vz-m2m-token"]]) })
  })

  test("cannot be added to once they are checked", () => {
    expect<ThingSpaceConfig.Settings["origins"]>().type.not.toHaveProperty("set")
  })
})

describe("the settings", () => {
  test("are checked by make, which says what is wrong with them", () => {
    expect(ThingSpaceConfig.make({})).type.toBe<Either.Either<ThingSpaceConfig.Settings, ConfigError.ConfigError>>()
  })

  test("have a default, so that a program that reads them requires nothing", () => {
    const settings = Effect.map(ThingSpaceConfig.ThingSpaceConfig, (settings) => settings)
    expect(settings).type.toBe<Effect.Effect<ThingSpaceConfig.Settings>>()
  })

  test("refuse what they do not know, and an address that is no text", () => {
    expect(ThingSpaceConfig.layer).type.toBeCallableWith({ baseUrl: origin, requestTimeout: "5 seconds" })
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ baseURL: origin })
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ baseUrl: new URL(origin) })
    expect(ThingSpaceConfig.layer).type.not.toBeCallableWith({ requestTimeout: "soon" })
  })

  test("of the environment are secrets and a username", () => {
    expect(Credentials.config).type.toBe<Config.Config<Credentials.App & Credentials.Uws>>()
  })

  test("are provided complete where no layer of ours makes them", () => {
    expect(Layer.succeed).type.not.toBeCallableWith(ThingSpaceConfig.ThingSpaceConfig, { baseUrl: origin })
  })
})

describe("relogin", () => {
  const { onIdleExpiry } = SessionSource
  const once: Schedule.Schedule<number, Duration.Duration> = Schedule.recurs(1)

  test("is fed a Duration, and onIdleExpiry gives it back", () => {
    expect(onIdleExpiry).type.toBe<Schedule.Schedule<Duration.Duration, Duration.Duration>>()
    expect(SessionSource.layer).type.toBeCallableWith({ relogin: onIdleExpiry })
    expect(SessionSource.layer).type.toBeCallableWith({ relogin: once })
  })

  test("composes with any other schedule", () => {
    expect(SessionSource.layer).type.toBeCallableWith({ relogin: Schedule.stop })
    expect(SessionSource.layer).type.toBeCallableWith({ relogin: Schedule.forever })
    expect(SessionSource.layer).type.toBeCallableWith({
      relogin: onIdleExpiry.pipe(Schedule.intersect(Schedule.recurs(3)), Schedule.jittered)
    })
    expect(SessionSource.layer).type.toBeCallableWith({
      relogin: Schedule.whileInput(onIdleExpiry, Duration.lessThan("1 hour"))
    })
  })

  test("refuses a schedule that wants to be fed something else", () => {
    expect(SessionSource.layer).type.not.toBeCallableWith({ relogin: Schedule.identity<number>() })
    expect(SessionSource.layer).type.not.toBeCallableWith({ relogin: Schedule.recurWhile((n: number) => n > 0) })
    expect(ThingSpaceHttpClient.layerConfig).type.not.toBeCallableWith({ relogin: Schedule.identity<string>() })
    expect(ThingSpaceHttpClient.layerFromCredentials).type.not.toBeCallableWith({
      relogin: Schedule.intersect(onIdleExpiry, Schedule.identity<string>())
    })
  })

  test("refuses a schedule that requires a service", () => {
    const needy = Schedule.mapEffect(onIdleExpiry, () => TokenSource.TokenSource)
    expect(SessionSource.layer).type.not.toBeCallableWith({ relogin: needy })
  })

  test("refuses what is no schedule", () => {
    expect(SessionSource.layer).type.not.toBeCallableWith({ relogin: "20 minutes" })
    expect(SessionSource.layer).type.not.toBeCallableWith({ relogin: true })
  })
})

describe("the options", () => {
  test("may all be left out", () => {
    expect(TokenSource.layer).type.toBeCallableWith()
    expect(SessionSource.layer).type.toBeCallableWith()
    expect(ThingSpaceHttpClient.layerConfig).type.toBeCallableWith()
    expect(ThingSpaceHttpClient.layerFromCredentials).type.toBeCallableWith()
    expect(ThingSpaceEmulator.layer).type.toBeCallableWith()
  })

  test("may be undefined one by one", () => {
    const none = { refreshMargin: undefined, idleTimeout: undefined, relogin: undefined, logoutOnClose: undefined }
    expect(ThingSpaceHttpClient.layerConfig).type.toBeCallableWith(none)
    expect(ThingSpaceConfig.layer).type.toBeCallableWith({ baseUrl: undefined, origins: undefined })
  })

  test("take durations in every form that Effect knows, and no others", () => {
    expect(TokenSource.layer).type.toBeCallableWith({ refreshMargin: "30 seconds" })
    expect(TokenSource.layer).type.toBeCallableWith({ refreshMargin: Duration.minutes(1) })
    expect(TokenSource.layer).type.toBeCallableWith({ refreshMargin: 1500 })
    expect(TokenSource.layer).type.not.toBeCallableWith({ refreshMargin: "30" })
    expect(SessionSource.layer).type.not.toBeCallableWith({ idleTimeout: "20 mins" })
  })

  test("are refused by a layer that they do not belong to", () => {
    expect(TokenSource.layer).type.not.toBeCallableWith({ idleTimeout: "20 minutes" })
    expect(SessionSource.layer).type.not.toBeCallableWith({ refreshMargin: "1 minute" })
    expect(SessionSource.layer).type.not.toBeCallableWith({ logoutOnClose: "yes" })
  })
})
