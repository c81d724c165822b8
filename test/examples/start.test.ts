import { spawn } from "node:child_process"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import type { Request } from "../../examples/internal/requests.js"
import * as Timeline from "../../examples/internal/timeline.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const { account, appKey, appSecret, password, simulatorToken, username } = ThingSpaceEmulator.defaults

/** What a machine has on which nobody has configured anything. */
const bare = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(PATH|SYSTEMROOT|TEMP|TMP)$/i.test(name))
)

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `npm start` as npm does, piped; interrupts it once it has printed `until`. */
const start = (environment: Readonly<Record<string, string>> = {}, until?: string): Effect.Effect<Outcome> =>
  Effect.async<Outcome>((resume) => {
    const child = spawn(process.execPath, ["--import", "tsx", "examples/start.ts"], {
      cwd: root,
      env: { ...bare, ...environment },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const output = { stdout: "", stderr: "" }
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output.stdout += chunk
      if (until !== undefined && output.stdout.includes(until)) child.kill("SIGINT")
    })
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      output.stderr += chunk
    })
    child.on("close", (code) => resume(Effect.succeed({ code, ...output })))
    return Effect.sync(() => child.kill())
  })

const secrets = [appSecret, password, simulatorToken, "not-the-password", "last-quarters-one"]
const opaque = /[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(Basic|Bearer) \S/i

const assertNoSecret = ({ stderr, stdout }: Outcome, ...more: ReadonlyArray<string>) => {
  for (const secret of [...secrets, ...more]) assert.notInclude(stdout + stderr, secret)
  assert.notMatch(stdout + stderr, opaque)
}

/** What the timeline says, in its order: where lines were broken does not matter. */
const assertTells = (stdout: string, parts: ReadonlyArray<RegExp>) => {
  let rest = stdout.replaceAll(/\s+/g, " ")
  for (const part of parts) {
    const found = part.exec(rest)
    assert.isNotNull(found, `${part} is not in: ${rest}`)
    rest = rest.slice((found?.index ?? 0) + (found?.[0].length ?? 0))
  }
}

const tour: ReadonlyArray<RegExp> = [
  /emulated on http:\/\/127\.0\.0\.1:\d+/,
  /✓ Access token #[0-9a-f]{8} acquired, valid for 60 minutes/,
  /→ POST \/api\/ts\/v1\/oauth2\/token 200/,
  /✓ Logged in, session #[0-9a-f]{8}/,
  /→ POST \/api\/m2m\/v1\/session\/login 200/,
  /✓ Account 0000123456-00001 read/,
  /✓ Device locations: 7892345678 at 33\.45324, -84\.59621; 7897654321 unknown/,
  /✓ 100 calls at once, and 100 devices located/,
  /→ POST \/api\/loc\/v1\/locations 200 × 100/,
  /✓ Logged in again after \d\.\d s of silence: session (#[0-9a-f]{8}) → (?!\1)#[0-9a-f]{8}/,
  /✓ The first call after the silence was answered in \d+ ms/,
  /! warn: The platform refused session #[0-9a-f]{8}/,
  /✓ A call met a dead session and succeeded all the same: session (#[0-9a-f]{8}) → (?!\1)#[0-9a-f]{8}/,
  /→ GET \S+ 400 → POST \/api\/m2m\/v1\/session\/login 200 → GET \S+ 200/,
  /✓ Access token #[0-9a-f]{8} revoked/,
  /✓ The next call fetched access token #[0-9a-f]{8} first/,
  /✓ The program ended.* 0 sessions are left/,
  /! warn: The platform refused the username or password/,
  /✓ Another program, a wrong password: login was refused/,
  /✓ 10 more calls failed with LoginBlocked: No login was sent/,
  /What the platform received/,
  /token POST \/api\/ts\/v1\/oauth2\/token 3 · 3/,
  /revoke POST \/api\/ts\/v1\/oauth2\/revoke 1 · 1/,
  /login POST \/api\/m2m\/v1\/session\/login 3 1 4/,
  /logout POST \/api\/m2m\/v1\/session\/logout 1 · 1/,
  /call POST \/api\/loc\/v1\/locations 101 · 101/,
  /Proven: 106 calls succeeded on 3 logins; a wrong password was sent once, and no user is locked\. $/
]

describe("npm start", () => {
  it.live("tells the whole story in under ten seconds, without a secret and without colours", () =>
    Effect.gen(function* () {
      const outcome = yield* start()
      assert.strictEqual(outcome.stderr, "")
      assert.strictEqual(outcome.code, 0)
      assertTells(outcome.stdout, tour)
      assert.notInclude(outcome.stdout, "✗")
      assert.notInclude(outcome.stdout, "\u001b")
      assertNoSecret(outcome, appKey)
      const times = [...outcome.stdout.matchAll(/^ *(\d+\.\d\d) s /gm)].map(([, seconds]) => Number(seconds))
      const sorted = [...times].sort((one, other) => one - other)
      assert.deepStrictEqual(times, sorted)
      assert.isBelow(times.at(-1) ?? Number.NaN, 10)
    })
  )

  it.live("uses colours where it is told to, and NO_COLOR has the last word", () =>
    Effect.gen(function* () {
      const [coloured, plain] = yield* Effect.all([
        start({ FORCE_COLOR: "1" }, "authentication"),
        start({ FORCE_COLOR: "1", NO_COLOR: "1" }, "authentication")
      ])
      assert.include(coloured.stdout, "\u001b[1mThingSpace")
      assert.notInclude(plain.stdout, "\u001b")
    })
  )

  it.live("ends in silence when it is interrupted", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* start({}, "then silence")
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "")
      assert.notInclude(stdout, "Proven")
    })
  )

  it.live("names the variables that are missing, and sends nothing", () =>
    Effect.gen(function* () {
      const one = yield* start({ ...variables("http://127.0.0.1:9"), THINGSPACE_UWS_PASSWORD: "" })
      assert.deepStrictEqual(one, {
        code: 1,
        stdout: "",
        stderr:
          "✗ To run against a platform, set THINGSPACE_UWS_PASSWORD too; for the emulated one, set none of them.\n"
      })
      const all = yield* start({ THINGSPACE_BASE_URL: "http://127.0.0.1:9" })
      assert.strictEqual(all.code, 1)
      for (const name of Object.keys(variables(""))) {
        if (name !== "THINGSPACE_BASE_URL") assert.include(all.stderr, name)
      }
    })
  )
})

const variables = (baseUrl: string) => ({
  THINGSPACE_BASE_URL: baseUrl,
  THINGSPACE_APP_KEY: appKey,
  THINGSPACE_APP_SECRET: appSecret,
  THINGSPACE_UWS_USERNAME: username,
  THINGSPACE_UWS_PASSWORD: password,
  THINGSPACE_ACCOUNT: account
})

const platform = Layer.provideMerge(
  ThingSpaceEmulator.serve(),
  NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
)

const startAgainst = (environment: Readonly<Record<string, string>> = {}) =>
  HttpServer.addressFormattedWith((baseUrl) => start({ ...variables(baseUrl), ...environment }))

const received = Effect.gen(function* () {
  const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  return (yield* exchanges).map(({ method, path, status }) => `${method} ${path} ${status}`)
})

const first = ["POST /api/ts/v1/oauth2/token 200", "POST /api/m2m/v1/session/login 200"]

describe("npm start with the variables set", () => {
  it.live("gets a token, logs in and reads the account, with one request each", () =>
    Effect.gen(function* () {
      const outcome = yield* startAgainst()
      assert.strictEqual(outcome.stderr, "")
      assert.strictEqual(outcome.code, 0)
      assertTells(outcome.stdout, [
        /✓ Access token #[0-9a-f]{8} acquired/,
        /✓ Logged in, session #[0-9a-f]{8}/,
        /✓ Account 0000123456-00001 read: Emulated Organization/,
        /Proven: these credentials open 0000123456-00001, with 3 requests, 1 of them a login\. $/
      ])
      assert.deepStrictEqual(yield* received, [...first, `GET /api/m2m/v1/accounts/${account} 200`])
      assertNoSecret(outcome, appKey)
    }).pipe(Effect.provide(platform))
  )

  it.live("sends a wrong password once", () =>
    Effect.gen(function* () {
      const outcome = yield* startAgainst({ THINGSPACE_UWS_PASSWORD: "not-the-password" })
      assert.strictEqual(outcome.code, 1)
      assertTells(outcome.stdout, [/! warn: The platform refused the username or password/, /✗ Failed here →/])
      assert.notInclude(outcome.stdout, "level=")
      assert.match(outcome.stderr, /^✗ login was refused with \S+Password\.Invalid \(status 400\): .*\n$/)
      assert.deepStrictEqual(yield* received, [first[0], "POST /api/m2m/v1/session/login 400"])
      assertNoSecret(outcome, appKey)
    }).pipe(Effect.provide(platform))
  )

  it.live("does not log in again where the account is answered as if the session were dead", () =>
    Effect.gen(function* () {
      const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const fault = ThingSpaceEmulator.answer(401)
      yield* failNext(fault, { path: "/api/m2m/v1/accounts", times: Number.POSITIVE_INFINITY })
      const outcome = yield* startAgainst()
      assert.strictEqual(outcome.code, 1)
      assert.match(outcome.stderr, /^✗ .*401.*\n$/)
      assert.deepStrictEqual(yield* received, [...first, `GET /api/m2m/v1/accounts/${account} 401`])
    }).pipe(Effect.provide(platform))
  )
})

describe("the timeline", () => {
  it.scoped("fails where a step does not cost what it announces", () =>
    Effect.gen(function* () {
      const log = vi.spyOn(console, "log").mockReturnValue()
      yield* Effect.addFinalizer(() => Effect.sync(() => log.mockRestore()))
      const seen = yield* Ref.make<ReadonlyArray<Request>>([])
      const login: Request = { method: "POST", path: "/api/m2m/v1/session/login", status: 200 }
      const error = yield* Effect.flatMap(Timeline.Timeline, ({ step }) =>
        step({ does: Ref.set(seen, [login, login]), costs: { login: 1 }, happened: () => "Logged in", means: "" })
      ).pipe(Effect.flip, Effect.provide(Timeline.layer(Ref.get(seen))))
      assert.strictEqual(
        error.message,
        "This did not hold: expected login × 1 at the platform, and there came login × 2."
      )
      assert.include(String(log.mock.calls[0]?.[0]), "✗ Logged in")
    })
  )
})
