import { createServer } from "node:http"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Ref from "effect/Ref"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { checkup } from "../../bin/checkup.js"
import { read } from "../docs/pages.js"
import { type Outcome, outcome } from "./example.js"

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

const variables = (baseUrl: string) => ({
  THINGSPACE_BASE_URL: baseUrl,
  THINGSPACE_APP_KEY: appKey,
  THINGSPACE_APP_SECRET: appSecret,
  THINGSPACE_UWS_USERNAME: username,
  THINGSPACE_UWS_PASSWORD: password,
  THINGSPACE_ACCOUNT: account
})

const port = NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
const platform = Layer.provideMerge(ThingSpaceEmulator.serve(), port)

/** What the doctor finds in an environment: the step that failed, if any, and what it says of each. */
const examine = (environment: Readonly<Record<string, string>>) =>
  checkup.pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))),
    Effect.provide([FetchHttpClient.layer, Logger.remove(Logger.defaultLogger)]),
    Effect.tap(({ findings }) =>
      Effect.sync(() => {
        for (const secret of [appKey, appSecret, password]) assert.notInclude(JSON.stringify(findings), secret)
      })
    )
  )

const examineServer = (environment: Readonly<Record<string, string>> = {}) =>
  HttpServer.addressFormattedWith((baseUrl) => examine({ ...variables(baseUrl), ...environment }))

const received = Effect.gen(function* () {
  const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  return (yield* exchanges).map(({ method, path, status }) => `${method} ${path} ${status}`)
})

const probe = "GET /api/m2m/v1/accounts/doctor 401"
const token = "POST /api/ts/v1/oauth2/token 200"
const login = "POST /api/m2m/v1/session/login 200"

describe("the doctor", () => {
  it.live("passes every step with one request each, where all is well", () =>
    Effect.gen(function* () {
      const { exitCode, findings } = yield* examineServer()
      assert.strictEqual(exitCode, 0)
      assert.deepStrictEqual(
        findings.map(({ outcome, step }) => `${step} ${outcome}`),
        ["configuration passed", "reachability passed", "token passed", "login passed", "account passed"]
      )
      assert.deepStrictEqual(yield* received, [probe, token, login, `GET /api/m2m/v1/accounts/${account} 200`])
    }).pipe(Effect.provide(platform))
  )

  it.live("sends a wrong password once, and says so", () =>
    Effect.gen(function* () {
      const { exitCode, findings } = yield* examineServer({ THINGSPACE_UWS_PASSWORD: "not-the-password" })
      assert.strictEqual(exitCode, 5)
      const last = findings.at(-1)
      assert.match(last?.says ?? "", /^login was refused with \S+Password\.Invalid \(status 400\)/)
      assert.match(last?.next ?? "", /^Check the UWS username and password .* This was one attempt/)
      assert.deepStrictEqual(yield* received, [probe, token, "POST /api/m2m/v1/session/login 400"])
      assert.notInclude(JSON.stringify(findings), "not-the-password")
    }).pipe(Effect.provide(platform))
  )

  it.live("does not log in again where the gateway refuses the access token in the login", () =>
    Effect.gen(function* () {
      const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const body = JSON.stringify({ fault: { code: "900901", message: "Invalid Credentials", description: "" } })
      yield* failNext(ThingSpaceEmulator.answer(401, { body }), { path: "/api/m2m/v1/session/login" })
      const { exitCode, findings } = yield* examineServer()
      assert.strictEqual(exitCode, 5)
      assert.include(findings.at(-1)?.says, "900901")
      assert.deepStrictEqual(yield* received, [probe, token, "POST /api/m2m/v1/session/login 401"])
    }).pipe(Effect.provide(platform))
  )

  it.live("does not log in again where the account is answered as if the session were dead", () =>
    Effect.gen(function* () {
      const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const body = JSON.stringify({ errorCode: "A.REQUEST_FAILED.SessionToken.Expired", errorMessage: "" })
      yield* failNext(ThingSpaceEmulator.answer(400, { body }), { path: `/api/m2m/v1/accounts/${account}` })
      const { exitCode, findings } = yield* examineServer()
      assert.strictEqual(exitCode, 6)
      assert.include(findings.at(-1)?.says, "SessionToken.Expired (status 400)")
      assert.lengthOf(
        (yield* received).filter((line) => line === login),
        1
      )
    }).pipe(Effect.provide(platform))
  )

  it.live("tells a wrong application secret from a wrong account", () =>
    Effect.gen(function* () {
      const secret = yield* examineServer({ THINGSPACE_APP_SECRET: "another-secret" })
      assert.strictEqual(secret.exitCode, 4)
      assert.match(secret.findings.at(-1)?.says ?? "", /^requestToken was refused with invalid_client \(status 401\)/)
      assert.match(secret.findings.at(-1)?.next ?? "", /^Check the application key and secret\. /)

      const other = yield* examineServer({ THINGSPACE_ACCOUNT: "0000999999-00001" })
      assert.strictEqual(other.exitCode, 6)
      assert.include(other.findings.at(-1)?.says, "REQUEST_FAILED.AccountName")
      assert.include(other.findings.at(-1)?.next, "leading zeros")
    }).pipe(Effect.provide(platform))
  )

  it.live(
    "shows what the platform says without what would move the cursor, and not at all if it holds a credential",
    () =>
      Effect.gen(function* () {
        const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
        const named = (organizationName: string) =>
          Effect.zipRight(
            failNext(ThingSpaceEmulator.answer(200, { body: JSON.stringify({ organizationName }) }), {
              path: `/api/m2m/v1/accounts/${account}`
            }),
            examineServer()
          )
        const moving = yield* named("\u001b[2JOrg\u202e\r\n")
        assert.strictEqual(moving.findings.at(-1)?.says, `Account ${account} read: [2JOrg`)
        const telling = yield* named(`the password is ${password}`)
        assert.strictEqual(telling.findings.at(-1)?.says, "(not shown: it holds a credential)")
      }).pipe(Effect.provide(platform))
  )

  it.live("names every variable that is missing or cannot be used, and sends nothing", () =>
    Effect.gen(function* () {
      const { exitCode, findings } = yield* examine({
        THINGSPACE_APP_KEY: " ",
        THINGSPACE_BASE_URL: "http://example.com"
      })
      assert.strictEqual(exitCode, 2)
      assert.strictEqual(findings.length, 1)
      for (const name of Object.keys(variables(""))) assert.include(findings[0]?.says, name)
      assert.include(findings[0]?.says, "credentials travel over https only")
    })
  )

  it.live("says why nobody can be reached", () =>
    Effect.gen(function* () {
      const closed = yield* Effect.provide(HttpServer.addressFormattedWith(Effect.succeed), port)
      const { exitCode, findings } = yield* examine(variables(closed))
      assert.strictEqual(exitCode, 3)
      assert.strictEqual(findings.at(-1)?.says, "No connection (ECONNREFUSED)")
      assert.include(findings.at(-1)?.next, "THINGSPACE_BASE_URL")
    })
  )

  const impostors = [
    [
      "redirects",
      HttpServerResponse.redirect("https://sign-in.example.com/?token=x"),
      /redirects API calls to https:\/\/sign-in\.example\.com \(status 302\)/
    ],
    [
      "answers with HTML",
      HttpServerResponse.unsafeJson("<html></html>", { headers: { "content-type": "text/html" } }),
      /a page of HTML \(status 200\)/
    ],
    ["accepts whatever comes", HttpServerResponse.unsafeJson({}), /without credentials was accepted \(status 200\)/],
    ["is unwell", HttpServerResponse.empty({ status: 503 }), /An error of a server's \(status 503\)/]
  ] as const

  it.live.each(impostors)("sends no credentials to a server that %s", ([, response, says]) =>
    Effect.gen(function* () {
      const seen = yield* Ref.make<ReadonlyArray<HttpServerRequest.HttpServerRequest>>([])
      const impostor = Effect.zipRight(
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => Ref.update(seen, (all) => [...all, request])),
        response
      )
      const server = Layer.provideMerge(HttpServer.serve(impostor), port)
      const { exitCode, findings } = yield* Effect.provide(examineServer(), server)
      assert.strictEqual(exitCode, 3)
      assert.match(findings.at(-1)?.says ?? "", says)
      const requests = yield* Ref.get(seen)
      assert.strictEqual(requests.length, 1)
      assert.notProperty(requests[0]?.headers, "authorization")
    })
  )
})

/** Runs `npm run doctor` as npm does, piped. */
const run = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>): Effect.Effect<Outcome> =>
  Effect.promise(() => outcome(["bin/main.ts", "doctor", ...args], environment))

describe("npm run doctor", () => {
  it.live("prints each step, and exits with the code of the one that failed", () =>
    HttpServer.addressFormattedWith((baseUrl) =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* run([], { ...variables(baseUrl), THINGSPACE_UWS_PASSWORD: "wrong" })
        assert.strictEqual(stderr, "")
        assert.strictEqual(code, 5)
        assert.match(stdout, /^✓ configuration {2}\S/)
        assert.match(stdout, /^✗ login {10}login was refused with /m)
        assert.match(stdout, /^ {17}To do: Check the UWS username and password/m)
        assert.match(stdout, /^· account {8}not tried\n\nExit code 5\.\n$/m)
      })
    ).pipe(Effect.provide(platform))
  )

  it.live("prints JSON where it is asked to", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* run(["--json"], {})
      assert.strictEqual(stderr, "")
      assert.strictEqual(code, 2)
      const report = JSON.parse(stdout)
      assert.strictEqual(report.ok, false)
      assert.strictEqual(report.exitCode, 2)
      assert.strictEqual(report.steps[0].step, "configuration")
    })
  )

  it("states its exit codes in its header", () => {
    const header = /^\/\*\*([\s\S]*?)\*\//.exec(read("bin/doctor.ts"))?.[1]?.replace(/\s+\* ?/g, " ") ?? ""
    assert.include(
      header,
      "0 all is well; 1 it failed itself, or was called wrongly; 2 configuration; 3 reachability; 4 access token; 5 login; 6 account."
    )
  })
})
