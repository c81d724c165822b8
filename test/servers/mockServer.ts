import type { RequestListener } from "node:http"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import {
  Events,
  type MutableResponse,
  type MutableToken,
  OAuth2Issuer,
  OAuth2Service,
  type StatusCodeMutableResponse
} from "oauth2-mock-server"
import type { AccessToken } from "../../src/AccessToken.js"
import type { TokenError } from "../../src/AuthError.js"
import type * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as secrecy from "../utils/secrecy.js"
import { app, connect, paths, serve } from "./loopback.js"

export const [key, secret] = ["an:app +1", "s+e%cr:e/t= &more"]
export const credentials = app(key, secret)

/** The server with its hooks, each for one answer, and the library's clients for it. */
export const start = (options?: Omit<ThingSpaceConfig.Options, "baseUrl">, told = credentials) =>
  Effect.gen(function* () {
    const issuer = new OAuth2Issuer()
    const service = new OAuth2Service(issuer, { token: paths.token, revoke: paths.revoke })
    yield* Effect.promise(() => issuer.keys.generate("ES256"))
    const gateways: Array<RequestListener> = []
    const server = yield* serve((origin) => {
      issuer.url = origin
      return (request, response) => (gateways.shift() ?? service.requestHandler)(request, response)
    })
    return {
      ...server,
      ...(yield* connect(server.origin, told, options)),
      onSigning: (change: (token: MutableToken) => void) => service.once(Events.BeforeTokenSigning, change),
      onToken: (change: (response: MutableResponse) => void) => service.once(Events.BeforeResponse, change),
      onRevoke: (change: (response: StatusCodeMutableResponse) => void) => service.once(Events.BeforeRevoke, change),
      /** Has what stands before the server answer in its place, where its hooks cannot: they only write JSON. */
      behind: (gateway: RequestListener) => gateways.push(gateway)
    }
  })

export const fieldsOf = ({ name: _, ...fields }: TokenError) => ({ ...fields })

/** What an error says, after a look at everything that could be printed of it. */
export const failure = <A>(call: Effect.Effect<A, TokenError>, token?: AccessToken) =>
  Effect.map(Effect.flip(call), (error) => {
    const held = token === undefined ? [] : [Redacted.value(token.secret)]
    secrecy.assertSecret(error, [key, secret, secrecy.basic(key, secret), ...held])
    return fieldsOf(error)
  })

export type Expected = Readonly<Record<string, unknown>>

export const refused = (status: number, error: string): Expected => ({ _tag: "OAuthError", status, error })
export const unexplained = (status: number): Expected => ({ _tag: "EndpointError", reason: "StatusCode", status })

export const answer =
  (status: number, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(body)

export const cutConnection: RequestListener = (request) => request.socket.destroy()

export const cutBody: RequestListener = (_, response) => {
  response.writeHead(200, { "content-length": "1000" })
  response.write(`{"access_token":`, () => response.destroy())
}

export const noAnswer: RequestListener = () => undefined

/** A deadline that is short where a test waits for it. */
export const deadline = ({ reason }: Expected) => (reason === "Timeout" ? { requestTimeout: "1 second" as const } : {})

export const million = "x".repeat(1_000_000)
