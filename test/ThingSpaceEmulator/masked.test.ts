import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { appKey, appSecret, emulator, inMemory, password, revoke, send, signIn } from "./requests.js"

const secret = "correct-horse-battery-staple"

const maskedHeader = (authorization: string) => {
  const request = { sentAt: 0, method: "GET", url: "https://a.example/", path: "/", body: "", received: false }
  return ThingSpaceEmulator.masked({ ...request, headers: { authorization } }).headers.authorization
}

describe("a masked request", () => {
  const forms = [
    [`Bearer ${secret}`, "Bearer corr…"],
    [`bearer   ${secret}`, "bearer   corr…"],
    [`BASIC ${secret}`, "BASIC corr…"],
    [secret, "corr…"],
    [`${secret} `, "corr…"],
    [`${secret} ${secret}`, "corr…"],
    [`Token ${secret}`, "Toke…"],
    [`Bearer\t${secret}`, "Bear…"],
    [`Bearer ${secret}\n${secret}`, "Bearer corr…"],
    ["Bearer short", "Bearer …"],
    ["short", "…"],
    ["", "…"]
  ] as const

  for (const [authorization, shown] of forms) {
    it(`shows ${JSON.stringify(authorization)} as ${shown}`, () => {
      assert.strictEqual(maskedHeader(authorization), shown)
    })
  }

  it.effect(
    "shows no credential of a whole session, in headers, bodies or answers",
    inMemory(
      Effect.gen(function* () {
        const { exchanges } = yield* emulator
        const { headers, session, token } = yield* signIn
        yield* send("/api/v2/clients", { headers: { ...headers, sessiontoken: session, cookie: `token=${token}` } })
        yield* send("/api/m2m/v1/callbacks/0000123456-00001", {
          headers,
          body: JSON.stringify({ name: "DeviceUsage", url: "https://a.example", password: `a "quoted" ${secret}` })
        })
        yield* send("/api/m2m/v1/callbacks/0000123456-00001", { method: "GET", headers })
        yield* send("/api/m2m/v1/session/password/actions/reset", {
          method: "PUT",
          headers,
          body: JSON.stringify({ oldPassword: password })
        })
        yield* revoke(token)
        const all = yield* exchanges
        const shown = JSON.stringify(all.map((one) => ThingSpaceEmulator.masked(one)))
        assert.lengthOf(all, 7)
        assert.include(JSON.stringify(all), secret)
        for (const credential of [
          appKey,
          appSecret,
          btoa(`${appKey}:${appSecret}`),
          password,
          session,
          token,
          secret
        ]) {
          assert.notInclude(shown, credential)
        }
        assert.include(shown, '"path":"/api/m2m/v1/callbacks/0000123456-00001"')
        assert.include(shown, "https://a.example")
      })
    )
  )
})
