import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { commands } from "../../src/internal/emulator/control.js"
import { accountPath, appKey, appSecret, basic, emulator, password, username } from "./requests.js"

const onPort = (options: Parameters<typeof ThingSpaceEmulator.serve>[0]) =>
  Layer.provideMerge(
    ThingSpaceEmulator.serve(options),
    NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })
  )

const controlled = onPort({ control: true, maxBodySize: 10_000 })

/** A request as a program in any language sends it. */
const ask = (route: string, body?: unknown, headers: Record<string, string> = {}) => {
  const [method = "", path = ""] = route.split(" ")
  return HttpServer.addressFormattedWith((base) =>
    Effect.promise(() =>
      fetch(base + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
      }).then((response) => response.text().then((text) => ({ status: response.status, text })))
    )
  )
}

const requestToken = ask("POST /api/ts/v1/oauth2/token", "grant_type=client_credentials", basic(appKey, appSecret))

const tokenOf = ({ text }: { readonly text: string }) => /"access_token":"(\w+)"/.exec(text)?.[1] ?? ""

const login = (token: string, pass = password) =>
  ask("POST /api/m2m/v1/session/login", { username, password: pass }, { authorization: `Bearer ${token}` })

describe("the control over HTTP", () => {
  it.live("puts faults in the way by name, method, path and body, and removes them", () =>
    Effect.gen(function* () {
      const token = tokenOf(yield* requestToken)
      const added = yield* ask("POST /emulator/faults", {
        fault: { name: "throttled", status: 503, retryAfter: "7 seconds", after: true },
        method: "POST",
        path: "/api/m2m",
        body: username,
        times: 5
      })
      assert.deepStrictEqual(added, { status: 204, text: "" })
      assert.strictEqual((yield* ask(`GET ${accountPath}`)).status, 401)
      for (let n = 0; n < 5; n++) assert.strictEqual((yield* login(token, "wrong")).status, 503)
      assert.strictEqual((yield* ask("GET /emulator/users/locked")).text, JSON.stringify([username]))
      yield* ask("POST /emulator/faults", { fault: { name: "answer", status: 500 }, lasts: "1 hour" })
      assert.strictEqual((yield* requestToken).status, 500)
      yield* ask("DELETE /emulator/faults")
      assert.strictEqual((yield* requestToken).status, 200)
    }).pipe(Effect.provide(controlled))
  )

  const { answer, after, delayed, errorInSuccess, hang, laggingNode, lostRequest, lostResponse, truncated, webPage } =
    ThingSpaceEmulator
  const faults = [
    [
      { name: "answer", status: 503, body: "down", headers: { a: "b" } },
      answer(503, { body: "down", headers: { a: "b" } })
    ],
    [{ name: "hang", after: true }, after(hang)],
    [{ name: "lostRequest" }, lostRequest],
    [{ name: "lostResponse" }, lostResponse],
    [{ name: "truncated", after: false }, truncated],
    [{ name: "throttled" }, ThingSpaceEmulator.throttled()],
    [{ name: "webPage", status: 502 }, webPage(502)],
    [{ name: "errorInSuccess", error: { error: "x" } }, errorInSuccess({ error: "x" })],
    [{ name: "laggingNode", lag: 3_000 }, laggingNode("3 seconds")],
    [{ name: "delayed", delay: "15 seconds" }, delayed("15 seconds")]
  ] as const

  for (const [named, fault] of faults) {
    it.effect(`means by ${JSON.stringify(named)} what the constructor makes`, () =>
      Effect.gen(function* () {
        const met: Array<ThingSpaceEmulator.Fault> = []
        const service = yield* emulator
        const command = commands["POST /faults"]
        yield* command === undefined
          ? Effect.dieMessage("no command")
          : command.run(
              { ...service, failNext: (one) => Effect.sync(() => void met.push(one)) },
              JSON.stringify({ fault: named })
            )
        assert.deepStrictEqual(met, [fault])
      }).pipe(Effect.provide(ThingSpaceEmulator.layerState()))
    )
  }

  it.live("replaces the devices, revokes the token, ends sessions and changes a password", () =>
    Effect.gen(function* () {
      const { currentToken, liveSessions } = yield* emulator
      const token = tokenOf(yield* requestToken)
      yield* login(token)
      const devices = [{ ids: { mdn: "5550000001" }, location: "absent", usage: [{ day: "2026-11-01", bytes: 1 }] }]
      assert.strictEqual((yield* ask("PUT /emulator/devices", devices)).status, 204)
      assert.include(
        (yield* ask("GET /emulator/devices")).text,
        '"ids":{"mdn":"5550000001"},"account":"0000123456-00001"'
      )
      yield* ask("POST /emulator/sessions/end")
      assert.deepStrictEqual(yield* liveSessions, [])
      yield* ask("POST /emulator/token/revoke")
      assert.deepStrictEqual(yield* currentToken, Option.none())
      const second = tokenOf(yield* requestToken)
      assert.strictEqual((yield* ask("PUT /emulator/users/password", { username, password: "next" })).status, 204)
      assert.strictEqual((yield* login(second)).status, 400)
      assert.strictEqual((yield* login(second, "next")).status, 200)
    }).pipe(Effect.provide(controlled))
  )

  it.live("shows the log with credentials masked, the requests on their way, and forgets the log", () =>
    Effect.gen(function* () {
      const token = tokenOf(yield* requestToken)
      yield* login(token)
      const log = (yield* ask("GET /emulator/exchanges")).text
      assert.include(log, '"path":"/api/m2m/v1/session/login"')
      for (const secret of [appSecret, password, token, btoa(`${appKey}:${appSecret}`)]) assert.notInclude(log, secret)
      assert.strictEqual((yield* ask("GET /emulator/pending?a=1")).text, "[]")
      yield* ask("DELETE /emulator/exchanges")
      assert.strictEqual((yield* ask("GET /emulator/exchanges")).text, "[]")
      assert.deepStrictEqual(
        JSON.parse((yield* ask("GET /emulator/endpoints")).text),
        ThingSpaceEmulator.endpoints.map((endpoint) => ({ ...endpoint }))
      )
    }).pipe(Effect.provide(controlled))
  )

  const refused = [
    ["a body that is no JSON", "POST /emulator/faults", "{", 400, /JSON/],
    ["a fault without a name", "POST /emulator/faults", { fault: {} }, 400, /name/],
    ["a field that it does not know", "POST /emulator/faults", { fault: { name: "hang" }, time: 2 }, 400, /time/],
    ["a time that is none", "POST /emulator/faults", { fault: { name: "hang" }, lasts: "a while" }, 400, /5 seconds/],
    [
      "a device of another account",
      "PUT /emulator/devices",
      [{ ids: { mdn: "1" }, account: "x" }],
      409,
      /belongs to x/
    ],
    ["an unknown user", "PUT /emulator/users/password", { username: "x", password: "y" }, 409, /no user x/],
    ["an unknown order", "POST /emulator/accounts", {}, 404, /no POST \/accounts/],
    ["a name of every object's", "GET /emulator/toString", undefined, 404, /no GET/],
    ["a body that is too long", "POST /emulator/faults", "x".repeat(10_001), 413, /too long/]
  ] as const

  for (const [what, route, body, status, message] of refused) {
    it.live(`refuses ${what}, and says so`, () =>
      Effect.gen(function* () {
        const answered = yield* ask(route, body)
        assert.strictEqual(answered.status, status)
        assert.match(JSON.parse(answered.text).message, message)
      }).pipe(Effect.provide(controlled))
    )
  }

  it.live("refuses a page in a browser, which sends its origin", () =>
    Effect.gen(function* () {
      const { status } = yield* ask("POST /emulator/token/revoke", undefined, { origin: "http://rebound.example" })
      assert.strictEqual(status, 403)
    }).pipe(Effect.provide(controlled))
  )

  it.live("is not there unless it is asked for", () =>
    Effect.gen(function* () {
      const { status } = yield* ask("POST /emulator/token/revoke")
      assert.strictEqual(status, 404)
      assert.lengthOf(yield* (yield* emulator).exchanges, 1)
    }).pipe(Effect.provide(onPort({})))
  )
})
