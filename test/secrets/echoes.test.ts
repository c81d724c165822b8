/**
 * What an answer repeats of its request shows in no error of the authentication calls, in any of the writings in which
 * credentials travel; `limits.test.ts` has the others.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { AccessToken } from "../../src/AccessToken.js"
import * as AuthError from "../../src/AuthError.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import { SessionToken } from "../../src/SessionToken.js"
import * as recorder from "../utils/recorder.js"
import * as secrecy from "../utils/secrecy.js"
import * as harness from "./harness.js"
import * as indiscreet from "./indiscreet.js"
import * as platform from "./platform.js"
import * as rendering from "./rendering.js"
import { type Mark, type Output, search } from "./search.js"

const access = new AccessToken({
  secret: Redacted.make("T0k3n-Ax1\"By2&Cz3<Dw4>'Ev5/Fu6\\Gt7=é~"),
  expiresAt: Option.none()
})

const session = new SessionToken({ secret: Redacted.make("S3ss-Kp1\"Lq2&Mr3<Ns4>'Ot5/Pu6\\Qv7=ü~") })

type Clients = OAuthClient.OAuthClient | SessionClient.SessionClient

const endpoints: Readonly<Record<AuthError.Endpoint, Effect.Effect<unknown, unknown, Clients>>> = {
  requestToken: Effect.flatMap(OAuthClient.OAuthClient, (client) => client.requestToken(platform.app)),
  revokeToken: Effect.flatMap(OAuthClient.OAuthClient, (client) => client.revokeToken(platform.app, access)),
  login: Effect.flatMap(SessionClient.SessionClient, (client) => client.login(access, platform.user)),
  logout: Effect.flatMap(SessionClient.SessionClient, (client) => client.logout(access, session)),
  resetPassword: Effect.flatMap(SessionClient.SessionClient, (client) =>
    client.resetPassword(access, session, platform.user.password)
  )
}

const {
  "OAuth's description": description,
  "a gateway fault's code": code,
  "a UWS message": message,
  "an XML fault": xml
} = indiscreet.dialects

/** One for each of the ways in which an error comes by its words. */
const telling = { description, code, message, xml }

interface Failed {
  readonly title: string
  readonly error: unknown
}

interface Setting {
  readonly write?: (text: string) => string
  readonly dialects?: Readonly<Record<string, indiscreet.Dialect>>
}

/** Asks an endpoint of a server that answers so. */
const asking = (endpoint: AuthError.Endpoint) => (answer: recorder.Answer) =>
  Effect.provide(
    endpoints[endpoint],
    Layer.provide(Layer.merge(OAuthClient.layer, SessionClient.layer), recorder.make(answer).layer)
  )

/** Has each part of each request repeated in each dialect. */
const everyError = ({ dialects = telling, write = identity }: Setting) =>
  Effect.gen(function* () {
    const marks: Array<Mark> = []
    const calls: Array<Effect.Effect<ReadonlyArray<Failed>>> = []
    for (const endpoint of AuthError.Endpoint.literals) {
      const ask = asking(endpoint)
      const parts = yield* indiscreet.parts(ask)
      marks.push(...parts.filter(({ name }) => name !== "body" && name !== "headers"))
      for (const { name } of parts) {
        for (const [dialect, words] of Object.entries(dialects)) {
          const title = `${endpoint}, its ${name} in ${dialect}`
          calls.push(
            Effect.match(ask(indiscreet.answer(name, words, write)), {
              onFailure: (error) => [{ title, error }],
              onSuccess: () => []
            })
          )
        }
      }
    }
    return { errors: (yield* Effect.all(calls, { concurrency: 50 })).flat(), marks }
  })

/** As the errors print; those that print alike are printed once. */
const printed = (errors: ReadonlyArray<Failed>): ReadonlyArray<Output> => {
  const distinct = new Map(errors.map(({ error, title }) => [`${error} ${JSON.stringify(error)}`, { error, title }]))
  return [...distinct.values()].flatMap(({ error, title }) =>
    [String(error), ...rendering.ofObject(error)].map((text) => ({ source: title, text }))
  )
}

const base64 = Encoding.encodeBase64

const { writings } = secrecy

const treatments: Readonly<Record<string, (text: string) => string>> = {
  verbatim: writings.verbatim,
  "form-encoded": writings["form-encoded"],
  "percent-encoded": writings["percent-encoded"],
  "percent-encoded twice": writings["percent-encoded twice"],
  "in JSON": writings["in JSON"],
  "in JSON of ASCII alone": writings["in JSON of ASCII alone"],
  "in JSON in JSON": writings["in JSON in JSON"],
  "as a JavaScript literal": writings["as a JavaScript literal"],
  "in HTML": writings["in HTML"],
  "in base64": writings["in base64"],
  "in base64 for URLs": writings["in base64 for URLs"],
  "in base64, at the start of a triple": (text) => base64(`${text}, and more`),
  "in base64, one byte into a triple": (text) => base64(`x${text}, and more`),
  "in base64, two bytes into a triple": (text) => base64(`xy${text}, and more`),
  "in capitals": (text) => text.toUpperCase(),
  "in small letters": (text) => text.toLowerCase(),
  "broken over lines": (text) => text.replace(/.{8}/g, "$&\r\n"),
  "in quotes and brackets": (text) => `["'(${text})'"]`,
  "cut off behind": (text) => `${text.slice(0, Math.ceil(text.length * 0.7))}…`,
  "cut off in front": (text) => `…${text.slice(Math.floor(text.length * 0.3))}`,
  "at the end of what is shortened": (text) => `${"x".repeat(285)}${text}`
}

const shown = (errors: ReadonlyArray<Failed>, marks: ReadonlyArray<Mark>) =>
  [...new Set(search(printed(errors), marks).map(({ secret, source }) => `${source} shows the ${secret}`))].slice(0, 5)

describe("the errors of the authentication calls", () => {
  it.effect.each(Object.entries(treatments))("hide what an answer repeats %s", ([, write]) =>
    Effect.map(everyError({ write }), ({ errors, marks }) => {
      assert.isAtLeast(errors.length, 80)
      assert.deepStrictEqual(shown(errors, marks), [])
    })
  )

  it.effect.each(["sdk", "otlp"] as const)("and all telemetry of them hide what an answer repeats (%s)", (kit) =>
    harness.showsNothing(
      Effect.gen(function* () {
        const { mark, note } = yield* harness.Watch
        const { errors, marks } = yield* everyError({ dialects: indiscreet.dialects })
        mark(marks)
        for (const { source, text } of printed(errors)) note(source, text)
      }),
      kit
    )
  )
})
