/**
 * The platform's OAuth service: one request each, with nothing remembered.
 *
 * A program that calls APIs wants `TokenSource`, or the whole pipeline of `ThingSpaceHttpClient`, instead.
 *
 * @since 0.1.0
 * @module
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { AccessToken } from "./AccessToken.js"
import { CredentialsError, OAuthError, type TokenError } from "./AuthError.js"
import type * as Credentials from "./Credentials.js"
import * as endpoint from "./internal/endpoint/send.js"
import * as headerValue from "./internal/secrets/headerValue.js"

/**
 * The two calls of the OAuth service.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Asks for an access token: `POST /api/ts/v1/oauth2/token`, the client credentials grant of RFC 6749 section 4.4.
   *
   * Within an hour of the first the platform issues the same token again, with the time that is left of it. A lifetime
   * that is missing, not positive or unreadable means "until refused". Fails with `OAuthError` where the platform
   * refuses, with `EndpointError` where it does not answer as documented.
   */
  readonly requestToken: (credentials: Credentials.App) => Effect.Effect<AccessToken, TokenError>
  /**
   * Ends an access token for everyone who uses it: `POST /api/ts/v1/oauth2/revoke`, RFC 7009 section 2.1 with the
   * platform's `grant_type` added.
   *
   * A token that is unknown or already revoked counts as revoked, and of a success only the status is looked at. Fails
   * as `requestToken` does.
   */
  readonly revokeToken: (credentials: Credentials.App, token: AccessToken) => Effect.Effect<void, TokenError>
}

/**
 * The platform's OAuth service.
 *
 * @since 0.1.0
 * @category tags
 */
export class OAuthClient extends Context.Tag("effect-thingspace-auth/OAuthClient")<OAuthClient, Service>() {}

/**
 * How key and secret are written before the Basic header's base64; read once, when a client is built.
 *
 * - `form`: each form-encoded, as RFC 6749 section 2.3.1 asks. The default.
 * - `verbatim`: as they are, in UTF-8, as RFC 7617 has it: for servers that do not decode them. A colon in the key, or a
 *   control character in either, cannot be written so and is a `CredentialsError`, with nothing sent.
 *
 * Both write letters, digits, `-`, `.`, `_` and `*` alike, and so the UUIDs that the platform issues. Provide
 * `Layer.succeed(OAuthClient.BasicEncoding, "verbatim")` beneath a client, or beneath the whole pipeline, to change it.
 *
 * @since 0.1.0
 * @category references
 */
export class BasicEncoding extends Context.Reference<BasicEncoding>()(
  "effect-thingspace-auth/OAuthClient/BasicEncoding",
  { defaultValue: (): "form" | "verbatim" => "form" }
) {}

/** What follows `Basic` in the header, or why nothing can. */
const basicCredentials = (
  encoding: "form" | "verbatim",
  key: string,
  secret: string
): Either.Either<string, string> => {
  if (key === "" || secret === "") return Either.left("the key or the secret is empty")
  if (encoding === "form") {
    return Either.right(Encoding.encodeBase64(`${headerValue.formEncode(key)}:${headerValue.formEncode(secret)}`))
  }
  if (key.includes(":")) return Either.left("the key holds a colon, which Basic cannot carry verbatim")
  return /\p{Cc}/u.test(key + secret)
    ? Either.left("the key or the secret holds a control character, which Basic cannot carry verbatim")
    : Either.right(Encoding.encodeBase64(`${key}:${secret}`))
}

const formPost = (path: string, basic: string, body: string): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.post(path).pipe(
    HttpClientRequest.setHeader("authorization", `Basic ${basic}`),
    HttpClientRequest.bodyUint8Array(new TextEncoder().encode(body), "application/x-www-form-urlencoded")
  )

const isBearer = Schema.filter<Schema.Schema<string>>((type) => type.toLowerCase() === "bearer")

const Issued = Schema.parseJson(
  Schema.Struct({
    access_token: Schema.Redacted(Schema.String.pipe(Schema.filter(headerValue.isHeaderValue))),
    token_type: Schema.optional(Schema.String.pipe(isBearer)),
    expires_in: Schema.optional(Schema.Unknown)
  })
)

/** The last millisecond that a date can name. */
const endOfTime = 8.64e15

const expiry = (sentAt: number, expiresIn: unknown): Option.Option<DateTime.Utc> => {
  const seconds = typeof expiresIn === "string" ? Number(expiresIn) : expiresIn
  if (typeof seconds !== "number" || !(seconds > 0)) return Option.none()
  const at = sentAt + Math.floor(seconds * 1000)
  return at <= endOfTime ? DateTime.make(at).pipe(Option.map(DateTime.toUtc)) : Option.none()
}

/**
 * Builds the client on the `HttpClient` and `ThingSpaceConfig` at hand.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, never, HttpClient.HttpClient> = Effect.gen(function* () {
  const send = yield* endpoint.make
  const encoding = yield* BasicEncoding

  // Suspended, because whoever prints an effect prints what it is made of.
  const post = <A>(
    name: "requestToken" | "revokeToken",
    credentials: Credentials.App,
    success: Schema.Schema<A, string>,
    token?: AccessToken
  ): Effect.Effect<A, TokenError> =>
    Effect.suspend((): Effect.Effect<A, TokenError> => {
      const [key, secret] = [Redacted.value(credentials.key), Redacted.value(credentials.secret)]
      const revoked = token === undefined ? "" : Redacted.value(token.secret)
      const basic = basicCredentials(encoding, key, secret)
      if (Either.isLeft(basic)) {
        return Effect.fail(new CredentialsError({ credentials: "App", description: basic.left }))
      }
      const path = name === "requestToken" ? "/api/ts/v1/oauth2/token" : "/api/ts/v1/oauth2/revoke"
      const body = `grant_type=client_credentials${token === undefined ? "" : `&token=${headerValue.formEncode(revoked)}`}`
      const secrets = [basic.right, secret, key, revoked]
      return Effect.catchTag(
        send({ endpoint: name, request: formPost(path, basic.right, body), success, secrets }),
        "SessionError",
        ({ errorCode, errorMessage, status }) =>
          Effect.fail(
            new OAuthError({ endpoint: name, status, error: errorCode, description: errorMessage || undefined })
          )
      )
    })

  const service: Service = {
    requestToken: (credentials) =>
      Effect.flatMap(Clock.currentTimeMillis, (sentAt) =>
        Effect.map(
          post("requestToken", credentials, Issued),
          ({ access_token, expires_in }) =>
            new AccessToken({ secret: access_token, expiresAt: expiry(sentAt, expires_in) })
        )
      ),
    revokeToken: (credentials, token) =>
      post("revokeToken", credentials, endpoint.statusAlone, token).pipe(Effect.catchIf(isRevoked, () => Effect.void))
  }
  return service
})

/** RFC 7009 section 2.2: a token that the platform does not know is revoked, and a success says nothing in its body. */
const isRevoked = (error: TokenError): boolean =>
  error._tag === "EndpointError"
    ? error.status !== undefined && error.status >= 200 && error.status < 300
    : error._tag === "OAuthError" && error.error === "invalid_token"

/**
 * The client over the `HttpClient` at hand.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<OAuthClient, never, HttpClient.HttpClient> = Layer.effect(OAuthClient, make)
