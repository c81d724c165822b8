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
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { AccessToken } from "./AccessToken.js"
import { OAuthError, type TokenError } from "./AuthError.js"
import type * as Credentials from "./Credentials.js"
import * as asSupplied from "./internal/endpoint/asSupplied.js"
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
   * that is missing or unreadable means "until refused"; one that is not positive, that the token is at its end. Fails
   * with `OAuthError` if the platform refuses, with `EndpointError` if it does not answer as documented.
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

/** What follows `Basic` in the header: each form-encoded, as RFC 6749 section 2.3.1 asks. */
const basicCredentials = (key: string, secret: string): string =>
  Encoding.encodeBase64(`${headerValue.formEncode(key)}:${headerValue.formEncode(secret)}`)

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
  const seconds = typeof expiresIn === "string" && expiresIn.trim() !== "" ? Number(expiresIn) : expiresIn
  if (typeof seconds !== "number" || Number.isNaN(seconds)) return Option.none()
  const at = sentAt + Math.floor(Math.max(0, seconds) * 1000)
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
  const withCredentials = asSupplied.make()

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
      const basic = basicCredentials(key, secret)
      const path = name === "requestToken" ? "/api/ts/v1/oauth2/token" : "/api/ts/v1/oauth2/revoke"
      const body = `grant_type=client_credentials${token === undefined ? "" : `&token=${headerValue.formEncode(revoked)}`}`
      const call = send({
        endpoint: name,
        request: formPost(path, basic, body),
        success,
        secrets: [basic, secret, key, revoked]
      })
      const parts = [
        { name: "application key (THINGSPACE_APP_KEY)", text: key },
        { name: "application secret (THINGSPACE_APP_SECRET)", text: secret }
      ]
      return Effect.catchTag(
        withCredentials("App", parts, call),
        "SessionError",
        ({ endpoint, errorCode, errorMessage, retryAfter, status }) =>
          Effect.fail(
            new OAuthError({ endpoint, status, error: errorCode, description: errorMessage || undefined, retryAfter })
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
