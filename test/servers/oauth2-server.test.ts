import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { text } from "node:stream/consumers"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import OAuth2Server from "@node-oauth/oauth2-server"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import type { TokenError } from "../../src/AuthError.js"
import type * as Credentials from "../../src/Credentials.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { logging } from "../utils/pipeline.js"
import * as secrecy from "../utils/secrecy.js"
import { app, connect, paths, serve } from "./loopback.js"

const resource = "/resource"

/** What the server keeps: one client, and the tokens that it has issued. */
const makeModel = ({ key, secret }: Credentials.App) => {
  const tokens = new Map<string, OAuth2Server.Token>()
  const client: OAuth2Server.Client = { id: "the client", grants: ["client_credentials"] }
  const model: OAuth2Server.ClientCredentialsModel = {
    getClient: (id, password) =>
      Promise.resolve(id === Redacted.value(key) && password === Redacted.value(secret) ? client : undefined),
    // Every kind of character that a bearer token may hold (RFC 6750 section 2.1).
    generateAccessToken: () => Promise.resolve(`${randomUUID()}._~+/aZ==`),
    getUserFromClient: () => Promise.resolve({ name: "the application" }),
    saveToken: (issued, client, user) => {
      const token = { ...issued, client, user }
      tokens.set(token.accessToken, token)
      return Promise.resolve(token)
    },
    getAccessToken: (token) => Promise.resolve(tokens.get(token))
  }
  return { tokens, model }
}

/** The server revokes no access tokens by itself; as a grant, revoking comes after its own check of the client. */
const revocation = (tokens: Map<string, OAuth2Server.Token>) =>
  class extends OAuth2Server.AbstractGrantType {
    override handle(request: OAuth2Server.Request) {
      const token = tokens.get(request.body.token)
      if (token === undefined) return Promise.reject(new OAuth2Server.InvalidTokenError("never issued"))
      tokens.delete(token.accessToken)
      return Promise.resolve(token)
    }
  }

/** The server has requests and responses of its own: this carries them from Node's and back. */
const respond = (credentials: Credentials.App) => {
  const { model, tokens } = makeModel(credentials)
  const server = new OAuth2Server({ model })
  const extendedGrantTypes = { client_credentials: revocation(tokens) }
  const answer = async (path: string, request: OAuth2Server.Request, response: OAuth2Server.Response) => {
    if (path === paths.token) return void (await server.token(request, response))
    if (path === paths.revoke) return void (await server.token(request, response, { extendedGrantTypes }))
    response.body = { client: (await server.authenticate(request, response)).client.id }
  }
  const listener = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    const body = Object.fromEntries(new URLSearchParams(await text(incoming)))
    const request = new OAuth2Server.Request({ headers, method: incoming.method ?? "", query: {}, body })
    const response = new OAuth2Server.Response()
    try {
      await answer(incoming.url ?? "", request, response)
    } catch (error) {
      if (!(error instanceof OAuth2Server.OAuthError)) throw error
      response.status = error.code
      response.body = { error: error.name, error_description: error.message }
    }
    outgoing.writeHead(response.status ?? 500, { ...response.headers, "content-type": "application/json" })
    outgoing.end(JSON.stringify(response.body))
  }
  return { tokens, listener }
}

/** A server that knows one application, and the library with that application's credentials. */
const start = (registered: Credentials.App) =>
  Effect.gen(function* () {
    const { listener, tokens: issued } = respond(registered)
    const server = yield* serve(() => listener)
    const { oauth, tokens } = yield* connect(server.origin, registered)
    const client = ThingSpaceHttpClient.withAccessToken(yield* HttpClient.HttpClient, {
      tokens,
      config: yield* ThingSpaceConfig.make({ baseUrl: server.origin })
    })
    const call = Effect.map(client.get(resource), ({ status }) => status)
    return { ...server, oauth, tokens, issued, call }
  }).pipe(Effect.provide(FetchHttpClient.layer))

/** The code of a refusal, after a look at everything that could be printed of it. */
const refusal = <A>(call: Effect.Effect<A, TokenError>, { key, secret }: Credentials.App) =>
  Effect.flatMap(Effect.flip(call), (error) => {
    const texts = [Redacted.value(key), Redacted.value(secret)] as const
    secrecy.assertSecret(error, [...texts, secrecy.basic(...texts), Encoding.encodeBase64(texts.join(":"))])
    return error._tag === "OAuthError" ? Effect.succeed(error.error) : Effect.dieMessage(String(error))
  })

const plain = app("00000000-aaaa-4aaa-8aaa-000000000001", "00000000-bbbb-4bbb-8bbb-000000000002")

const printable = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index))
const alike = printable.filter((character) => /[A-Za-z0-9._*-]/.test(character))

describe("requestToken at @node-oauth/oauth2-server, which decodes no key and no secret", () => {
  it.scopedLive("brings a token that the server accepts, with every character that form-encoding leaves alone", () =>
    Effect.gen(function* () {
      for (const credentials of [plain, app(alike.join(""), alike.join(""))]) {
        const { call, issued, received } = yield* start(credentials)
        assert.strictEqual(yield* call, 200)
        assert.deepStrictEqual([issued.size, received(paths.token), received(resource)], [1, 1, 1])
      }
    })
  )

  it.scopedLive("fails with invalid_client on other characters, on a wrong secret and on an unknown key", () =>
    Effect.gen(function* () {
      const slashed = app("an-app", "a/secret")
      for (const [registered, sent] of [
        [slashed, slashed],
        [plain, { ...plain, secret: Redacted.make("not the secret") }],
        [plain, { ...plain, key: Redacted.make("nobody's key") }]
      ] as const) {
        const { oauth } = yield* start(registered)
        assert.strictEqual(yield* refusal(oauth.requestToken(sent), sent), "invalid_client")
      }
    })
  )
})

describe("revokeToken at @node-oauth/oauth2-server", () => {
  it.scopedLive("ends the token at the server", () =>
    Effect.gen(function* () {
      const { issued, oauth } = yield* start(plain)
      const token = yield* oauth.requestToken(plain)
      const kept = yield* oauth.requestToken(plain)
      yield* oauth.revokeToken(plain, token)
      assert.deepStrictEqual([...issued.keys()], [Redacted.value(kept.secret)])
      yield* oauth.revokeToken(plain, token)
      assert.strictEqual(issued.size, 1)
    })
  )
})

describe("TokenSource at @node-oauth/oauth2-server", () => {
  it.scopedLive("renews a token that the server has forgotten, once for all calls, and says so once", () => {
    const log = logging()
    return Effect.gen(function* () {
      const { call, issued, received } = yield* start(plain)
      assert.strictEqual(yield* call, 200)
      issued.clear()
      const statuses = yield* Effect.all(
        Array.from({ length: 50 }, () => call),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([...new Set(statuses)], [200])
      assert.deepStrictEqual([received(paths.token), received(paths.revoke)], [2, 0])
      assert.lengthOf(log.at("WARN"), 1)
    }).pipe(Effect.provide(log.layer))
  })

  it.scopedLive("asks anew after revoke", () =>
    Effect.gen(function* () {
      const { call, issued, received, tokens } = yield* start(plain)
      assert.strictEqual(yield* call, 200)
      yield* tokens.revoke
      assert.strictEqual(issued.size, 0)
      assert.strictEqual(yield* call, 200)
      assert.deepStrictEqual([received(paths.token), received(paths.revoke), received(resource)], [2, 1, 2])
    })
  )
})
