import { createServer } from "node:http"
import { connect } from "node:net"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { accountPath, appKey, appSecret, basic, bearer, emulator, form, password, pick, username } from "./requests.js"

const onPort = (options?: ThingSpaceEmulator.Options) =>
  Layer.provideMerge(
    ThingSpaceEmulator.serve(options),
    NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })
  )

const address = HttpServer.addressWith((address) =>
  address._tag === "TcpAddress" ? Effect.succeed(address) : Effect.dieMessage("no port")
)

/** Sends exact bytes and reads until the server closes the connection. */
const exchangeBytes = (lines: ReadonlyArray<string>, body: string) =>
  Effect.flatMap(address, ({ port }) =>
    Effect.async<string>((resume) => {
      const socket = connect(port, "127.0.0.1")
      const head = [...lines, `Content-Length: ${Buffer.byteLength(body)}`, "Connection: close", "", ""]
      let received = ""
      socket.setEncoding("utf8")
      socket.on("data", (chunk) => {
        received += chunk
      })
      socket.on("close", () => resume(Effect.succeed(received)))
      socket.write(head.join("\r\n") + body)
    })
  )

const fetchText = (path: string, init?: RequestInit) =>
  Effect.flatMap(address, ({ port }) =>
    Effect.tryPromise(() =>
      fetch(`http://127.0.0.1:${port}${path}`, init).then((response) =>
        response.text().then((text) => ({ status: response.status, headers: response.headers, text }))
      )
    )
  )

const rawLogin = (token: string) =>
  exchangeBytes(
    [
      "POST /api/m2m/v1/session/login HTTP/1.1",
      "Host: localhost",
      "User-Agent: curl/8.5.0",
      `Authorization: Bearer ${token}`,
      "Content-Type: application/json",
      "Accept: application/json"
    ],
    `{\n   "username": "${username}",\n   "password": "${password}"\n}`
  )

const rawForm = (path: string, body: string) =>
  exchangeBytes(
    [
      `POST ${path} HTTP/1.1`,
      "Host: localhost",
      "User-Agent: curl/8.5.0",
      "Accept: */*",
      `Authorization: ${basic(appKey, appSecret).authorization}`,
      `Content-Type: ${form}`
    ],
    body
  )

describe("on a port", () => {
  it.live('the three requests of the page "Get Credentials" are answered, byte for byte as curl sends them', () =>
    Effect.gen(function* () {
      const issued = yield* rawForm("/api/ts/v1/oauth2/token", "grant_type=client_credentials")
      assert.match(issued, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(issued, /set-cookie: ts-web-ingress-route=/i)
      const token = /"access_token":"([0-9a-f]{32})"/.exec(issued)?.[1] ?? ""
      assert.match(yield* rawLogin(token), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"sessionToken":"[0-9a-f-]{36}"\}/)
      const revoked = yield* rawForm("/api/ts/v1/oauth2/revoke", `grant_type=client_credentials&token=${token}`)
      assert.match(revoked, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(revoked, new RegExp(`\\r\\nRevokedAccessToken: ${token}\\r\\n`, "i"))
      assert.match(revoked, /\r\n\r\n(0\r\n\r\n)?$/)
      assert.match(yield* rawLogin(token), /^HTTP\/1\.1 401 Unauthorized\r\n[\s\S]*"900901"/)
    }).pipe(Effect.provide(onPort()))
  )

  it.live("fetch signs in, reads an account and finds the exchanges recorded under the server's URL", () =>
    Effect.gen(function* () {
      const { exchanges } = yield* emulator
      const issued = yield* fetchText("/api/ts/v1/oauth2/token", {
        method: "POST",
        headers: basic(appKey, appSecret),
        body: new URLSearchParams({ grant_type: "client_credentials" })
      })
      const token = pick(JSON.parse(issued.text), "access_token")
      const begun = yield* fetchText("/api/m2m/v1/session/login", {
        method: "POST",
        headers: bearer(token),
        body: JSON.stringify({ username, password })
      })
      const session = pick(JSON.parse(begun.text), "sessionToken")
      const read = yield* fetchText(accountPath, {
        headers: { Authorization: `Bearer ${token}`, "VZ-M2M-Token": session }
      })
      assert.strictEqual(read.status, 200)
      assert.lengthOf(issued.headers.getSetCookie(), 2)
      const { port } = yield* address
      assert.strictEqual((yield* exchanges).at(-1)?.url, `http://127.0.0.1:${port}${accountPath}`)
    }).pipe(Effect.provide(onPort()))
  )

  it.live("a lost request, a lost response and a truncated body break the connection", () =>
    Effect.gen(function* () {
      const { exchanges, failNext } = yield* emulator
      for (const fault of [
        ThingSpaceEmulator.lostRequest,
        ThingSpaceEmulator.lostResponse,
        ThingSpaceEmulator.truncated
      ]) {
        yield* failNext(fault)
        assert.isTrue(Either.isLeft(yield* Effect.either(fetchText(accountPath))))
      }
      yield* failNext(ThingSpaceEmulator.truncated)
      const received = yield* exchangeBytes([`GET ${accountPath} HTTP/1.1`, "Host: localhost"], "")
      assert.match(received, /^HTTP\/1\.1 401 [\s\S]*\r\n\r\n\{"fault"/)
      assert.notMatch(received, /\}\}$/)
      assert.deepStrictEqual(
        (yield* exchanges).map(({ status }) => status),
        [undefined, 401, 401, 401]
      )
    }).pipe(Effect.provide(onPort()))
  )

  it.live("a request that hangs does not keep the server from closing", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const server = yield* Layer.buildWithScope(onPort(), scope)
      const request = yield* Effect.gen(function* () {
        const { failNext, subscribe } = yield* emulator
        const requests = yield* Scope.extend(subscribe, scope)
        yield* failNext(ThingSpaceEmulator.hang)
        const fiber = yield* Effect.fork(Effect.flip(fetchText(accountPath)))
        yield* Queue.take(requests)
        return fiber
      }).pipe(Effect.provide(server))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(request))._tag, "UnknownException")
    })
  )

  it.scopedLive("the platform's client for tests reaches it too", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const response = yield* client.get("/api/emulator/v1/unauthorized")
      assert.strictEqual(response.status, 401)
      assert.strictEqual(yield* response.text, "")
    }).pipe(Effect.provide(Layer.provideMerge(ThingSpaceEmulator.serve(), NodeHttpServer.layerTest)))
  )
})

/** What a server without an answer of ours would do to the test: wait until it is given up. */
const ask = (host: string, target = accountPath) => exchangeBytes([`GET ${target} HTTP/1.1`, `Host: ${host}`], "")

describe("a Host", () => {
  for (const [host, target] of [
    ["rebound.example", accountPath],
    ["rebound.example:8787", accountPath],
    ["localhost.rebound.example", accountPath],
    ["127.0.0.1.rebound.example", accountPath],
    ["localhost", `http://rebound.example${accountPath}`]
  ] as const) {
    it.live(`that is foreign, as ${host} in a request for ${target}, is refused and its request not received`, () =>
      Effect.gen(function* () {
        assert.match(yield* ask(host, target), /^HTTP\/1\.1 421 [\s\S]*the option "hosts"/)
        assert.deepStrictEqual(yield* (yield* emulator).exchanges, [])
      }).pipe(Effect.provide(onPort()))
    )
  }

  for (const host of ["localhost:1", "LOCALHOST", "api.localhost", "127.0.0.1", "127.1.2.3:80", "[::1]:80"]) {
    it.live(`that is this machine's, as ${host}, is answered`, () =>
      Effect.gen(function* () {
        assert.match(yield* ask(host), /^HTTP\/1\.1 401 /)
      }).pipe(Effect.provide(onPort()))
    )
  }

  it.live("that the options name is answered", () =>
    Effect.gen(function* () {
      assert.match(yield* ask("emulator:8787"), /^HTTP\/1\.1 401 /)
      assert.match(yield* ask("other:8787"), /^HTTP\/1\.1 421 /)
    }).pipe(Effect.provide(onPort({ hosts: ["Emulator"] })))
  )
})

describe("a body on a port", () => {
  const echo = (body: string, headers: ReadonlyArray<string> = []) =>
    exchangeBytes(["POST /api/m2m/v1/echo HTTP/1.1", "Host: localhost", ...headers], body)

  it.live("that is longer than the bound is answered 413 before it is read", () =>
    Effect.gen(function* () {
      assert.match(yield* echo("x".repeat(1_001)), /^HTTP\/1\.1 413 /)
      assert.deepStrictEqual(yield* (yield* emulator).exchanges, [])
      assert.match(yield* echo("x".repeat(1_000)), /^HTTP\/1\.1 401 /)
    }).pipe(Effect.provide(onPort({ maxBodySize: 1_000 })))
  )

  it.live("that comes in chunks without end has its connection closed", () =>
    Effect.gen(function* () {
      const { port } = yield* address
      const chunks = yield* Effect.async<number>((resume) => {
        const socket = connect(port, "127.0.0.1")
        const head = ["POST /api/m2m/v1/echo HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked", "", ""]
        let sent = 0
        const send = () => {
          sent += 1
          socket.write(`64\r\n${"x".repeat(100)}\r\n`)
        }
        socket.write(head.join("\r\n"))
        const timer = setInterval(send, 1)
        socket.on("error", () => undefined)
        socket.on("close", () => {
          clearInterval(timer)
          resume(Effect.succeed(sent))
        })
      })
      assert.isAbove(chunks, 10)
      assert.deepStrictEqual(yield* (yield* emulator).exchanges, [])
    }).pipe(Effect.provide(onPort({ maxBodySize: 1_000 })))
  )

  it.live("that comes in chunks is read up to the bound", () =>
    Effect.gen(function* () {
      const body = new Blob(["x".repeat(1_000)]).stream()
      const streamed = { method: "POST", body, duplex: "half" }
      yield* fetchText("/api/m2m/v1/echo", streamed)
      assert.strictEqual((yield* (yield* emulator).exchanges)[0]?.body.length, 1_000)
    }).pipe(Effect.provide(onPort({ maxBodySize: 1_000 })))
  )
})
