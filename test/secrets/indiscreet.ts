import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as recorder from "../utils/recorder.js"
import { secretsIn } from "./marks.js"
import type { Mark } from "./search.js"

/** How an answer repeats what it was sent. */
export type Dialect = (text: string) => {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const json = (status: number, body: unknown) => ({ status, body: JSON.stringify(body) })

const element = (name: string, text: string): string =>
  `<am:${name}>${text.replace(/&/g, "&amp;").replace(/</g, "&lt;")}</am:${name}>`

const xml = (code: string, message: string, description: string) => ({
  status: 401,
  body: `<am:fault xmlns:am="urn:am">${element("code", code)}${element("message", message)}${element("description", description)}</am:fault>`,
  headers: { "content-type": "application/xml" }
})

const page = (status: number, text: string) => ({
  status,
  body: `<!doctype html><html><body><h1>${text}</h1><!-- ${text} --></body></html>`,
  headers: { "content-type": "text/html" }
})

/** The platform's dialects, whose words an error repeats, and what servers in trouble and proxies say. */
export const dialects = {
  "OAuth's description": (text) => json(401, { error: "invalid_client", error_description: `Unknown client ${text}.` }),
  "OAuth's code": (text) => json(400, { error: text, error_description: "Refused." }),
  "a gateway fault's description": (text) =>
    json(401, { fault: { code: "900901", message: "Invalid Credentials", description: `Access failure: ${text}` } }),
  "a gateway fault's message": (text) => json(401, { fault: { code: 900901, message: text } }),
  "a gateway fault's code": (text) => json(401, { fault: { code: text, message: "Refused" } }),
  "a flat fault": (text) => json(401, { code: 900901, message: "Invalid Credentials", description: text }),
  "an XML fault": (text) => xml("900901", "Invalid Credentials", text),
  "an XML fault's message": (text) => xml(text, text, ""),
  "a UWS message": (text) =>
    json(400, { errorCode: "UnifiedWebService.REQUEST_FAILED.Other", errorMessage: `Could not read ${text}` }),
  "a UWS code": (text) => json(400, { errorCode: text, errorMessage: "" }),
  "Cloud Connector's description": (text) => json(500, { error: "internal_server_error", error_description: text }),
  "a bare message": (text) => json(503, { message: text, error: { inner: text }, responseCode: text }),
  "a page": (text) => page(502, text),
  "a page of a success": (text) => page(200, text),
  "plain text": (text) => ({ status: 500, body: text }),
  "a redirect": (text) => ({
    status: 302,
    body: "",
    headers: { location: `https://elsewhere.test/?${encodeURIComponent(text)}` }
  }),
  "a token of another type": (text) => json(200, { access_token: [text], sessionToken: { text }, newPassword: [text] }),
  "a token that no header can carry": (text) => json(200, { access_token: `${text}\n`, sessionToken: `${text}\u0000` }),
  "an unknown token type": (text) => json(200, { access_token: text, token_type: text, newPassword: "" }),
  "a field's name": (text) => json(200, { [text]: { [text]: text } }),
  "a broken body": (text) => ({ status: 200, body: `{"access_token": "${text}` })
} satisfies Readonly<Record<string, Dialect>>

/** Header values are Latin-1 and of one line; what else a secret holds is left out. */
const headerValue = (text: string): string => text.replace(/[^\x20-\x7e\xa0-\xff]/g, "").trim()

const echoes = (text: string) => ({
  "x-request": headerValue(text),
  revokedaccesstoken: headerValue(text),
  "www-authenticate": `Bearer realm="${headerValue(text)}"`,
  "set-cookie": `session=${encodeURIComponent(text)}; Path=/`
})

const seen = ({ body, headers }: HttpClientRequest.HttpClientRequest) => ({
  headers: { ...headers },
  body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
})

/** What an indiscreet platform can repeat of a request: each secret in it, its whole body, its headers. */
export const repeatable = (request: HttpClientRequest.HttpClientRequest): ReadonlyArray<Mark> => {
  const { body, headers } = seen(request)
  const whole = [
    { name: "body", secret: body },
    { name: "headers", secret: JSON.stringify(headers) }
  ]
  return [...secretsIn({ body, headers }), ...whole.filter(({ secret }) => secret !== "")]
}

const respond = (text: string, dialect: Dialect): recorder.Answer => {
  const { body, headers, status } = dialect(text)
  return recorder.answering(status, body, { "content-type": "application/json", ...echoes(text), ...headers })
}

/** Answers by repeating one part of the request, in its headers too. */
export const answer =
  (part: string, dialect: Dialect, write: (text: string) => string): recorder.Answer =>
  (request) =>
    respond(write(repeatable(request).find(({ name }) => name === part)?.secret ?? ""), dialect)(request)

/** A platform that answers on one path by repeating every secret that the request carried. */
export const repeating =
  (path: string, dialect: Dialect) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.make((request, url) => {
      if (url.pathname !== path) return client.execute(request)
      const secrets = secretsIn(seen(request)).map(({ secret }) => secret)
      return Effect.map(respond(secrets.join(" and "), dialect)(request), (response) =>
        HttpClientResponse.fromWeb(request, response)
      )
    })

/** The parts that a call's request has. */
export const parts = (ask: (answer: recorder.Answer) => Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    let found: ReadonlyArray<Mark> = []
    yield* Effect.ignore(
      ask((request) => {
        found = repeatable(request)
        return recorder.answering(500)(request)
      })
    )
    return found
  })
