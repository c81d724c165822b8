import { generateKeyPairSync } from "node:crypto"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type { ClientMetadata, Configuration } from "oidc-provider"
import { AccessToken } from "../../src/AccessToken.js"
import type { TokenError } from "../../src/AuthError.js"
import type * as Credentials from "../../src/Credentials.js"
import * as secrecy from "../utils/secrecy.js"
import { app, connect, paths, serve } from "./loopback.js"

const printable = String.fromCharCode(...Array.from({ length: 0x5f }, (_, index) => 0x20 + index))

const plain = app("00000000-aaaa-4aaa-8aaa-000000000001", "00000000-bbbb-4bbb-8bbb-000000000002")
const special = app("an:app of/ours+1%2B", "s+e%cr:e/t= &more%41")
const every = app(`key${printable}`, `secret${printable}`)
const percent = app("an-app", "50%+")

/** May look at every token, and is not the library's business. */
const inspector = { client_id: "inspector", client_secret: "inspector-secret" }

const registered = ({ key, secret }: Credentials.App): ClientMetadata => ({
  client_id: Redacted.value(key),
  client_secret: Redacted.value(secret),
  token_endpoint_auth_method: "client_secret_basic",
  grant_types: ["client_credentials"],
  response_types: [],
  redirect_uris: []
})

const configuration = (lifetime: number): Configuration => ({
  clients: [
    ...[plain, special, every, percent].map(registered),
    { ...registered(plain), ...inspector, grant_types: [], token_endpoint_auth_method: "client_secret_post" }
  ],
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  jwks: { keys: [generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" })] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId }
  },
  routes: { token: paths.token, revocation: paths.revoke, introspection: "/introspect" },
  ttl: { ClientCredentials: lifetime }
})

/** What it says of a set-up for tests, and of Node 20, which it runs on but does not support. */
const expected = [/Unsupported runtime\. Use Node\.js v22/, /quick start development-only in-memory adapter/]

/** Keeps the expected warnings out of the output; any other fails the test. */
const makeProvider = async (issuer: string, lifetime: number) => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined)
  try {
    const { Provider } = await import("oidc-provider")
    const provider = new Provider(issuer, configuration(lifetime))
    const warnings = warn.mock.calls.map(String)
    assert.isEmpty(warnings.filter((text) => !expected.some((known) => known.test(text))))
    return provider
  } finally {
    warn.mockRestore()
  }
}

const start = (credentials: Credentials.App, lifetime = 600) =>
  Effect.gen(function* () {
    const server = yield* serve(async (origin) => (await makeProvider(origin, lifetime)).callback())
    const clients = yield* connect(server.origin, credentials)

    /** The server's own word on a token. */
    const isActive = ({ secret }: AccessToken) =>
      Effect.promise(async () => {
        const form = new URLSearchParams({ ...inspector, token: Redacted.value(secret) })
        const response = await fetch(`${server.origin}/introspect`, { method: "POST", body: form })
        const answer: unknown = await response.json()
        if (typeof answer !== "object" || answer === null || !("active" in answer)) {
          return assert.fail(`the server did not answer: ${JSON.stringify(answer)}`)
        }
        return answer.active
      })
    return { ...server, ...clients, isActive }
  })

const secretsOf = ({ key, secret }: Credentials.App) => {
  const texts = [Redacted.value(key), Redacted.value(secret)] as const
  return [...texts, secrecy.basic(...texts), texts.join(":")]
}

/** The refusal of a call, after a look at everything that could be printed of it. */
const refusal = <A>(call: Effect.Effect<A, TokenError>, sent: Credentials.App) =>
  Effect.flatMap(Effect.flip(call), (error) => {
    secrecy.assertSecret(error, secretsOf(sent))
    return error._tag === "OAuthError" ? Effect.succeed(error) : Effect.dieMessage(String(error))
  })

const garbage = new AccessToken({ secret: Redacted.make("never issued +/=&%"), expiresAt: Option.none() })

describe("requestToken at oidc-provider", () => {
  const accepted: ReadonlyArray<readonly [label: string, credentials: Credentials.App]> = [
    ["UUIDs", plain],
    ["a colon in the key, and + % : / = & and blanks in both", special],
    ["every printable character of ASCII in both", every],
    ["a percent sign that begins no escape", percent]
  ]
  it.scopedLive.each(accepted)("brings a token that the server calls active, with %s", ([_, credentials]) =>
    Effect.gen(function* () {
      const { isActive, oauth } = yield* start(credentials)
      assert.isTrue(yield* isActive(yield* oauth.requestToken(credentials)))
    })
  )

  it.scopedLive("reads the server's lifetime", () =>
    Effect.gen(function* () {
      const { oauth } = yield* start(plain)
      const before = yield* Clock.currentTimeMillis
      const { expiresAt } = yield* oauth.requestToken(plain)
      const after = yield* Clock.currentTimeMillis
      const millis = Option.getOrThrow(Option.map(expiresAt, DateTime.toEpochMillis))
      assert.isAtLeast(millis, before + 600_000)
      assert.isAtMost(millis, after + 600_000)
    })
  )

  it.scopedLive("fails with invalid_client on a wrong secret and an unknown key, and shows neither", () =>
    Effect.gen(function* () {
      const { oauth } = yield* start(special)
      for (const wrong of [
        { ...special, secret: Redacted.make("not +the% secret:") },
        { ...special, key: Redacted.make("nobody's +key%:") }
      ]) {
        const { endpoint, error, status } = yield* refusal(oauth.requestToken(wrong), wrong)
        assert.deepStrictEqual(
          { endpoint, error, status },
          { endpoint: "requestToken", error: "invalid_client", status: 401 }
        )
      }
    })
  )
})

describe("revokeToken at oidc-provider", () => {
  it.scopedLive.each([
    ["UUIDs", plain],
    ["special characters in key and secret", special]
  ] as const)("ends the token, by the server's own word, with %s", ([_, credentials]) =>
    Effect.gen(function* () {
      const { isActive, oauth } = yield* start(credentials)
      const token = yield* oauth.requestToken(credentials)
      const kept = yield* oauth.requestToken(credentials)
      assert.isTrue(yield* isActive(token))
      yield* oauth.revokeToken(credentials, token)
      assert.isFalse(yield* isActive(token))
      assert.isTrue(yield* isActive(kept))
    })
  )

  it.scopedLive("is content with a token that is revoked already, and with one that was never issued", () =>
    Effect.gen(function* () {
      const { oauth, received } = yield* start(plain)
      const token = yield* oauth.requestToken(plain)
      yield* oauth.revokeToken(plain, token)
      yield* oauth.revokeToken(plain, token)
      yield* oauth.revokeToken(plain, garbage)
      assert.strictEqual(received(paths.revoke), 3)
    })
  )

  it.scopedLive("fails with invalid_client on a wrong secret, and the token stays active", () =>
    Effect.gen(function* () {
      const { isActive, oauth } = yield* start(special)
      const token = yield* oauth.requestToken(special)
      const wrong = { ...special, secret: Redacted.make("not +the% secret:") }
      const error = yield* refusal(oauth.revokeToken(wrong, token), wrong)
      assert.deepStrictEqual([error.endpoint, error.error, error.status], ["revokeToken", "invalid_client", 401])
      secrecy.assertSecret(error, [Redacted.value(token.secret)])
      assert.isTrue(yield* isActive(token))
    })
  )

  it.scopedLive("fails with unsupported_token_type where the server does not revoke tokens of that form", () =>
    Effect.gen(function* () {
      const { oauth } = yield* start(plain)
      const jwt = ["eyJhbGciOiJub25lIn0", "e30", ""].join(".")
      const token = new AccessToken({ secret: Redacted.make(jwt), expiresAt: Option.none() })
      const error = yield* refusal(oauth.revokeToken(plain, token), plain)
      assert.deepStrictEqual([error.error, error.status], ["unsupported_token_type", 400])
      secrecy.assertSecret(error, [jwt])
    })
  )
})

describe("TokenSource at oidc-provider", () => {
  it.scopedLive("asks once for a hundred callers", () =>
    Effect.gen(function* () {
      const { isActive, received, tokens } = yield* start(plain)
      const all = yield* Effect.all(
        Array.from({ length: 100 }, () => tokens.get),
        { concurrency: "unbounded" }
      )
      const [token, ...different] = [...new Map(all.map((token) => [Redacted.value(token.secret), token])).values()]
      assert.isEmpty(different)
      assert.isTrue(token !== undefined && (yield* isActive(token)))
      assert.strictEqual(received(paths.token), 1)
    })
  )

  it.scopedLive("gets another token after revoke, once for all who ask", () =>
    Effect.gen(function* () {
      const { isActive, received, tokens } = yield* start(special)
      const first = yield* tokens.get
      yield* tokens.revoke
      assert.isFalse(yield* isActive(first))
      const [second, ...others] = yield* Effect.all([tokens.get, tokens.get, tokens.get], { concurrency: "unbounded" })
      assert.isTrue(yield* isActive(second))
      for (const one of others) assert.strictEqual(Redacted.value(one.secret), Redacted.value(second.secret))
      assert.deepStrictEqual([received(paths.token), received(paths.revoke)], [2, 1])
    })
  )

  it.scopedLive("gets another token once the server's own has expired, not before", () =>
    Effect.gen(function* () {
      const { isActive, received, tokens } = yield* start(plain, 1)
      const first = yield* tokens.get
      yield* Effect.repeat(tokens.get, {
        schedule: Schedule.spaced("20 millis"),
        until: ({ secret }) => Redacted.value(secret) !== Redacted.value(first.secret)
      })
      assert.isFalse(yield* isActive(first))
      assert.strictEqual(received(paths.token), 2)
    })
  )

  it.scopedLive("fails all who wait with the one refusal, and asks anew once the pause after it is over", () =>
    Effect.gen(function* () {
      const wrong = { ...plain, secret: Redacted.make("wrong") }
      const { received, tokens } = yield* start(wrong)
      const refusals = yield* Effect.all(
        Array.from({ length: 10 }, () => refusal(tokens.get, wrong)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([...new Set(refusals.map(({ error }) => error))], ["invalid_client"])
      assert.strictEqual(received(paths.token), 1)
      const { retryAfter } = yield* refusal(tokens.get, wrong)
      assert.strictEqual(received(paths.token), 1)
      yield* Effect.sleep(retryAfter ?? 0)
      yield* refusal(tokens.get, wrong)
      assert.strictEqual(received(paths.token), 2)
    })
  )
})
