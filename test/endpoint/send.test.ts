import { gzipSync } from "node:zlib"
import * as Cookies from "@effect/platform/Cookies"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { AccessToken } from "../../src/AccessToken.js"
import type { AuthError } from "../../src/AuthError.js"
import * as tokenPause from "../../src/internal/endpoint/tokenPause.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import { SessionToken } from "../../src/SessionToken.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import { serve } from "../servers/loopback.js"
import * as recorder from "../utils/recorder.js"

const app = { key: Redacted.make("an-app-key"), secret: Redacted.make("an-app-secret") }
const user = { username: "a-user", password: Redacted.make("a-password") }
const access = new AccessToken({ secret: Redacted.make("an-access-token"), expiresAt: Option.none() })
const session = new SessionToken({ secret: Redacted.make("a-session-token") })

/** The five calls, one after the other. */
const failures = Effect.gen(function* () {
  const oauth = yield* OAuthClient.make
  const sessions = yield* SessionClient.make
  return yield* Effect.forEach(
    [
      oauth.requestToken(app),
      oauth.revokeToken(app, access),
      sessions.login(access, user),
      sessions.logout(access, session),
      sessions.resetPassword(access, session, user.password)
    ],
    (call: Effect.Effect<unknown, AuthError>) => Effect.flip(call)
  )
})

const over = (client: HttpClient.HttpClient) => Effect.provideService(failures, HttpClient.HttpClient, client)

describe("every authentication call", () => {
  it.effect("carries no trace headers, though the program's own requests do", () =>
    Effect.gen(function* () {
      const seen: Array<Readonly<Record<string, string>>> = []
      const client = HttpClient.make((request) => {
        seen.push({ ...request.headers })
        return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status: 503 })))
      })
      yield* client.get("https://example.com/").pipe(Effect.withSpan("program"))
      yield* over(client).pipe(Effect.withSpan("program"))
      const traced = seen.map((headers) => "b3" in headers || "traceparent" in headers)
      assert.deepStrictEqual(traced, [true, false, false, false, false, false])
    })
  )

  it.effect("carries no cookies, and is whole without them", () =>
    Effect.gen(function* () {
      const jar = yield* Ref.make(Cookies.fromSetCookie(["token=an-access-token; Path=/"]))
      const plain = recorder.make(recorder.answering(503))
      const kept = recorder.make(recorder.answering(503))
      yield* over(plain.client)
      yield* over(HttpClient.withCookiesRef(kept.client, jar))
      assert.deepStrictEqual(kept.sent, plain.sent)
      assert.lengthOf(kept.sent, 5)
    })
  )

  it.effect("says when to come back, in the error and in its message", () =>
    Effect.gen(function* () {
      for (const answer of [
        recorder.answering(503, null, { "retry-after": "30" }),
        recorder.answering(429, `{"fault":{"code":900800}}`, { "retry-after": "30" }),
        recorder.answering(503, `{"errorCode":"X.Y"}`, { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" })
      ]) {
        for (const error of yield* over(recorder.make(answer).client)) {
          if (error._tag === "CredentialsError" || error._tag === "LoginBlocked") return assert.fail(String(error))
          assert.deepStrictEqual(error.retryAfter, Duration.seconds(30))
          if (error.endpoint !== "resetPassword") assert.include(error.message, "Try again in 30s")
        }
      }
    })
  )
})

const platform = (origin: string) => ThingSpaceConfig.layer({ baseUrl: origin })

describe("a token's answer that a server compresses if it may", () => {
  const transports = [
    ["fetch", FetchHttpClient.layer],
    ["undici", NodeHttpClient.layerUndici],
    ["node:http", NodeHttpClient.layer]
  ] as const
  it.scopedLive.each(transports)("is read over %s", ([_, transport]) =>
    Effect.gen(function* () {
      const answer = `{"access_token":"a-token"}`
      const server = yield* serve(() => (request, response) => {
        const zip = (request.headers["accept-encoding"] ?? "gzip") !== "identity"
        if (zip) response.setHeader("content-encoding", "gzip")
        response.end(zip ? gzipSync(answer) : answer)
      })
      const client = yield* Effect.provide(OAuthClient.make, platform(server.origin))
      assert.strictEqual(Redacted.value((yield* client.requestToken(app)).secret), "a-token")
    }).pipe(Effect.provide(transport))
  )
})

describe("a login that is answered 421", () => {
  it.scopedLive("may have been sent twice by fetch, and says so", () =>
    Effect.gen(function* () {
      const path = "/api/m2m/v1/session/login"
      const server = yield* serve(() => (request, response) => {
        request.resume()
        response.writeHead(421).end()
      })
      const client = yield* Effect.provide(SessionClient.make, platform(server.origin))
      const error = yield* Effect.flip(client.login(access, user))
      assert.strictEqual(server.received(path), 2)
      assert.deepInclude({ ...error }, { _tag: "EndpointError", reason: "StatusCode", status: 421 })
      assert.include(error.message, "it may have been sent twice")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})

describe("a proxy's 407", () => {
  const transports = [
    ["fetch, which makes it an error", FetchHttpClient.layer],
    ["undici", NodeHttpClient.layerUndici]
  ] as const
  it.scopedLive.each(transports)("is said plainly over %s", ([_, transport]) =>
    Effect.gen(function* () {
      const server = yield* serve(() => (request, response) => {
        request.resume()
        response.writeHead(407, { "proxy-authenticate": "Basic" }).end("<html>")
      })
      const client = yield* Effect.provide(SessionClient.make, platform(server.origin))
      const error = yield* Effect.flip(client.login(access, user))
      assert.strictEqual(
        error.message,
        "login failed: StatusCode (status 407): a proxy asks for credentials of its own. Sign in at the proxy: it answered in the platform's place."
      )
    }).pipe(Effect.provide(transport))
  )
})

describe("a kept connection that the server has closed meanwhile", () => {
  const transports = [
    ["fetch", FetchHttpClient.layer],
    ["undici", NodeHttpClient.layerUndici]
  ] as const

  /** A server that answers the first request over a connection, and resets it at the second. */
  const forgetful = (answer: string) => {
    const used = new WeakSet<object>()
    return serve(() => (request, response) => {
      if (used.has(request.socket)) return request.socket.destroy()
      used.add(request.socket)
      request.resume()
      response.end(answer)
    })
  }

  it.scopedLive.each(transports)("is asked for a token once more over %s", ([_, transport]) =>
    Effect.gen(function* () {
      const server = yield* forgetful(`{"access_token":"a-token"}`)
      const client = yield* Effect.provide(OAuthClient.make, platform(server.origin))
      const { acquire } = tokenPause.make({ credentials: Effect.succeed(app), request: client.requestToken })
      for (let at = 0; at < 3; at++) assert.strictEqual(Redacted.value((yield* acquire).secret), "a-token")
      assert.isAbove(server.received("/api/ts/v1/oauth2/token"), 3)
    }).pipe(Effect.provide(transport))
  )

  it.scopedLive.each(transports)("is not sent a login once more over %s", ([_, transport]) =>
    Effect.gen(function* () {
      const server = yield* forgetful(`{"sessionToken":"a-session"}`)
      const client = yield* Effect.provide(SessionClient.make, platform(server.origin))
      const outcomes = yield* Effect.forEach([1, 2, 3], () => Effect.exit(client.login(access, user)))
      const ends = outcomes.map((exit) => (exit._tag === "Success" ? "Success" : String(exit.cause)))
      assert.isAtLeast(ends.filter((end) => end.includes("EndpointError: login failed: Transport")).length, 1)
      assert.strictEqual(server.received("/api/m2m/v1/session/login"), 3)
    }).pipe(Effect.provide(transport))
  )
})
