import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { account, appKey, appSecret, basic, emulator, form, inMemory, send, signIn } from "./requests.js"

const { endpoints } = ThingSpaceEmulator

/** A path of the row's form. */
const example = (path: string) =>
  path.replace("{account}", account).replace("{service}", "DeviceUsage").replace("*", "x")

const known = ["GET", "POST", "PUT", "DELETE"] as const

const methods = (method: string) => known.filter((one) => method === "any" || method.split(", ").includes(one))

describe("the table of what the emulator serves", () => {
  it.effect(
    "has no row that the emulator does not serve",
    inMemory(
      Effect.gen(function* () {
        const { exchanges } = yield* emulator
        for (const { credentials, method, path } of endpoints) {
          for (const one of methods(method)) {
            const { headers, session } = yield* signIn
            const sent =
              credentials === "key and secret" ? basic(appKey, appSecret) : { ...headers, sessiontoken: session }
            const type = credentials === "key and secret" ? { type: form } : {}
            yield* send(example(path), { method: one, headers: sent, ...type })
            const exchange = (yield* exchanges).at(-1)
            assert.notInclude([404, 405], exchange?.status, `${one} ${path}`)
            assert.notInclude(exchange?.response, "900906", `${one} ${path}`)
          }
        }
      })
    )
  )

  it.effect(
    "says what each row asks for",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const { authorization } = headers
        for (const { credentials, method, path } of endpoints) {
          const [one = "GET"] = methods(method)
          if (path.startsWith("/api/emulator/") && path !== "/api/emulator/v1/echo") continue
          const bare = yield* send(example(path), { method: one })
          assert.match(bare.text, /900902|Required OAuth/, path)
          if (credentials === "key and secret") continue
          const { status, text } = yield* send(example(path), { method: one, headers: { authorization } })
          const refused = /SessionToken|UWS|INVALID_ACCOUNT|session token/.test(text) && status >= 400
          assert.strictEqual(refused, credentials === "access token and session", `${one} ${path}`)
        }
      })
    )
  )

  it("names what Verizon's pages, and what the documentation of the SDKs describe", () => {
    const bySource = (source: string) => endpoints.filter((one) => one.source === source).map(({ path }) => path)
    assert.includeMembers(bySource("documented"), ["/api/ts/v1/oauth2/token", "/api/m2m/v1/session/login"])
    assert.includeMembers(bySource("reported"), [
      "/api/m2m/v1/devices/actions/list",
      "/api/m2m/v1/devices/usage/actions/list",
      "/api/m2m/v1/callbacks/{account}"
    ])
    assert.includeMembers(bySource("invented"), ["/api/m2m/v1/accounts", "/api/m2m/v1/echo"])
  })
})
