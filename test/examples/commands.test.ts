import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { CredentialStore, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
import * as RedisCredentialStore from "effect-thingspace-auth/RedisCredentialStore"
import * as redis from "../fleet/redis.js"
import { outcome } from "./example.js"

const { account, appKey, appSecret, username } = ThingSpaceEmulator.defaults

const command = (args: ReadonlyArray<string>, environment?: Readonly<Record<string, string>>) =>
  Effect.promise(() => outcome(["bin/main.ts", ...args], environment))

const variables = (url: Redacted.Redacted) => ({
  THINGSPACE_REDIS_URL: Redacted.value(url),
  THINGSPACE_APP_KEY: appKey,
  THINGSPACE_APP_SECRET: appSecret
})

/** A process of its own, as far as the guard is concerned: what it shares is in the store. */
const call = (url: Redacted.Redacted, store = RedisCredentialStore.layer({ url })) => {
  const pipeline = ThingSpaceHttpClient.layer({
    ...ThingSpaceEmulator.credentials,
    password: Redacted.make("not-the-password")
  })
  return Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
    Effect.flip(client.get(`/api/m2m/v1/accounts/${account}`))
  ).pipe(
    Effect.map(({ _tag }) => _tag),
    Effect.provide(Layer.provide(pipeline, [ThingSpaceEmulator.layer(), store]))
  )
}

describe("the package's commands", () => {
  it.live.each([[], ["unknown"], ["doctor", "--xml"], ["reset"], ["reset", "one", "two"]])(
    "say how they are called, and fail, if called with %s",
    (...args) =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* command(args.filter((word) => typeof word === "string"))
        assert.strictEqual(code, 1)
        assert.strictEqual(stdout, "")
        for (const name of ["emulator", "doctor", "reset USER"]) assert.include(stderr, `  ${name}`)
      })
  )
})

redis.describeWithRedis("reset", () => {
  it.scopedLive("lets another login with a refused password through, for all who share the store", () =>
    Effect.gen(function* () {
      const { url } = yield* redis.make
      assert.strictEqual(yield* call(url), "SessionError")
      assert.strictEqual(yield* call(url), "LoginBlocked")
      const { code, stderr, stdout } = yield* command(["reset", username], variables(url))
      assert.strictEqual(stderr, "")
      assert.strictEqual(code, 0)
      assert.include(stdout, username)
      assert.strictEqual(yield* call(url), "SessionError")
    })
  )

  it.scopedLive("does so in a store that is sealed by a secret of its own, without the application's", () =>
    Effect.gen(function* () {
      const { url } = yield* redis.make
      const secret = "a sealing secret of 32 characters"
      const sealed = CredentialStore.sealedWith(RedisCredentialStore.layer({ url }), Redacted.make(secret))
      assert.strictEqual(yield* call(url, sealed), "SessionError")
      assert.strictEqual(yield* call(url, sealed), "LoginBlocked")
      const environment = { THINGSPACE_REDIS_URL: Redacted.value(url), THINGSPACE_SEALING_SECRET: secret }
      const { code, stderr } = yield* command(["reset", username], environment)
      assert.strictEqual(stderr, "")
      assert.strictEqual(code, 0)
      assert.strictEqual(yield* call(url, sealed), "SessionError")
    })
  )

  it.scopedLive("fails, and says so, if the store is away or a variable is missing", () =>
    Effect.gen(function* () {
      const { kill, url } = yield* redis.make
      yield* kill
      const away = yield* command(["reset", username], variables(url))
      assert.strictEqual(away.code, 1)
      assert.strictEqual(away.stdout, "")
      assert.include(away.stderr, "CredentialStoreError")
      const unset = yield* command(["reset", username])
      assert.strictEqual(unset.code, 1)
      assert.include(unset.stderr, "THINGSPACE_REDIS_URL")
    })
  )
})
