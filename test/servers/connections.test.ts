import type { RequestListener } from "node:http"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as recorder from "../utils/recorder.js"
import { app, connect, serve } from "./loopback.js"

const credentials = app("an-app", "a-secret")

const issue: RequestListener = (_, response) =>
  response.writeHead(200, { connection: "close" }).end(`{"access_token":"a-token"}`)

describe("a server that has gone", () => {
  it.scopedLive("was sent nothing, and is asked again once it is back", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { origin } = yield* Scope.extend(
        serve(() => issue),
        scope
      )
      const { tokens } = yield* connect(origin, credentials)
      yield* Scope.close(scope, Exit.void)
      const { name: _, ...error } = yield* Effect.flip(tokens.get)
      assert.deepInclude(error, { reason: "NotSent", description: "no connection (ECONNREFUSED)" })
      yield* serve(() => issue, Number(new URL(origin).port))
      assert.strictEqual(Redacted.value((yield* tokens.get).secret), "a-token")
    })
  )
})

describe("a connection that was never made is a request that was not sent:", () => {
  const connecting = (code: string) => Object.assign(new Error(code), { code, syscall: "connect" })

  /** As Node reports it where a host has several addresses, and none could be reached. */
  const none = (...codes: ReadonlyArray<string>) => ({ errors: codes.map(connecting) })

  const failures: ReadonlyArray<readonly [label: string, code: string, extra?: object]> = [
    ["none of a host's addresses answered", "ETIMEDOUT", none("ETIMEDOUT", "ETIMEDOUT")],
    ["none of a host's addresses could be reached", "ENETUNREACH", none("ENETUNREACH", "EHOSTUNREACH")],
    ["one of a host's addresses did not answer, the other refused", "ETIMEDOUT", none("ETIMEDOUT", "ECONNREFUSED")],
    ["the certificate's issuer is not known here", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
    ["the certificate's issuer's issuer is not known here", "UNABLE_TO_GET_ISSUER_CERT"],
    ["the certificate is not valid yet", "CERT_NOT_YET_VALID"]
  ]
  it.effect.each(failures)("%s", ([_, code, extra]) =>
    Effect.gen(function* () {
      const { client } = recorder.make(recorder.failing(code, extra))
      const oauth = yield* Effect.provideService(OAuthClient.make, HttpClient.HttpClient, client)
      const { name: _, ...error } = yield* Effect.flip(oauth.requestToken(credentials))
      assert.deepInclude(error, { reason: "NotSent" })
    })
  )
})
