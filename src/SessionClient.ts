/**
 * The platform's session service: one request each, with nothing remembered and nothing guarded.
 *
 * Five refused logins in a row lock the user until Verizon's support unlocks it: a program that logs in by itself wants
 * `SessionSource`, or at least `LoginGuard` around `login`.
 *
 * @since 0.1.0
 * @module
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { AccessToken } from "./AccessToken.js"
import { type AuthError, CredentialsError, EndpointError } from "./AuthError.js"
import type * as Credentials from "./Credentials.js"
import type { EndpointFailure } from "./internal/endpoint/failure.js"
import * as endpoint from "./internal/endpoint/send.js"
import * as headerValue from "./internal/secrets/headerValue.js"
import { SessionToken } from "./SessionToken.js"

/**
 * The calls of the session service.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Logs in once: `POST /api/m2m/v1/session/login`.
   *
   * Fails with `SessionError` where the platform refuses the user, with `OAuthError` where it refuses the access token,
   * and with `EndpointError` where the outcome is not known.
   */
  readonly login: (access: AccessToken, credentials: Credentials.Uws) => Effect.Effect<SessionToken, AuthError>
  /**
   * Ends a session: `POST /api/m2m/v1/session/logout`. Callbacks for requests made in it still arrive.
   *
   * Fails with `SessionError` where the platform does not know the session, or as `login` does.
   */
  readonly logout: (access: AccessToken, session: SessionToken) => Effect.Effect<void, AuthError>
  /**
   * Has the platform choose a new password, effective at once:
   * `PUT /api/m2m/v1/session/password/actions/reset`.
   *
   * It is never repeated, because the answer to a lost call is a lost password. Fails as `login` does.
   */
  readonly resetPassword: (
    access: AccessToken,
    session: SessionToken,
    oldPassword: Redacted.Redacted
  ) => Effect.Effect<Redacted.Redacted, AuthError>
}

/**
 * The platform's session service.
 *
 * @since 0.1.0
 * @category tags
 */
export class SessionClient extends Context.Tag("effect-thingspace-auth/SessionClient")<SessionClient, Service>() {}

const LoggedIn = Schema.parseJson(
  Schema.Struct({ sessionToken: Schema.Redacted(Schema.String.pipe(Schema.filter(headerValue.isHeaderValue))) })
)

const PasswordReset = Schema.parseJson(Schema.Struct({ newPassword: Schema.Redacted(Schema.NonEmptyString) }))

/** Printing a request shows a body whole whose own type is JSON, as bytes or not; the header says what it really is. */
const jsonBody =
  (body: object) =>
  (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
    request.pipe(
      HttpClientRequest.bodyUint8Array(new TextEncoder().encode(JSON.stringify(body)), "application/octet-stream"),
      HttpClientRequest.setHeader("content-type", "application/json")
    )

/**
 * Builds the client on the `HttpClient` and `ThingSpaceConfig` at hand.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, never, HttpClient.HttpClient> = Effect.map(endpoint.make, (send): Service => {
  const sendWith = <A>(
    call: endpoint.Call<A>,
    access: AccessToken,
    session?: SessionToken
  ): Effect.Effect<A, EndpointFailure> => {
    const tokens = [access.secret, ...(session === undefined ? [] : [session.secret])].map(Redacted.value)
    if (!tokens.every(headerValue.isHeaderValue)) {
      const description = "a token holds characters that no header can carry"
      return Effect.fail(new EndpointError({ endpoint: call.endpoint, reason: "NotSent", description }))
    }
    const request = HttpClientRequest.setHeaders(call.request, {
      authorization: `Bearer ${tokens[0]}`,
      ...(tokens[1] === undefined ? {} : { "vz-m2m-token": tokens[1] })
    })
    return send({ ...call, request, secrets: [...call.secrets, ...tokens] })
  }

  // Suspended, because whoever prints an effect prints what it is made of.
  return {
    login: (access, credentials) =>
      Effect.suspend((): Effect.Effect<SessionToken, AuthError> => {
        const { username } = credentials
        const password = Redacted.value(credentials.password)
        if (username === "" || password === "") {
          const description = "the username or the password is empty"
          return Effect.fail(new CredentialsError({ credentials: "Uws", description }))
        }
        const request = HttpClientRequest.post("/api/m2m/v1/session/login").pipe(jsonBody({ username, password }))
        return Effect.map(
          sendWith({ endpoint: "login", request, success: LoggedIn, secrets: [password] }, access),
          ({ sessionToken }) => new SessionToken({ secret: sessionToken })
        )
      }),
    logout: (access, session) =>
      Effect.suspend(() => {
        const request = HttpClientRequest.post("/api/m2m/v1/session/logout")
        return sendWith({ endpoint: "logout", request, success: endpoint.statusAlone, secrets: [] }, access, session)
      }),
    resetPassword: (access, session, oldPassword) =>
      Effect.suspend((): Effect.Effect<Redacted.Redacted, AuthError> => {
        const old = Redacted.value(oldPassword)
        if (old === "") {
          return Effect.fail(new CredentialsError({ credentials: "Uws", description: "the old password is empty" }))
        }
        const request = HttpClientRequest.put("/api/m2m/v1/session/password/actions/reset").pipe(
          jsonBody({ oldPassword: old })
        )
        return Effect.map(
          sendWith({ endpoint: "resetPassword", request, success: PasswordReset, secrets: [old] }, access, session),
          ({ newPassword }) => newPassword
        )
      })
  }
})

/**
 * The client over the `HttpClient` at hand.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<SessionClient, never, HttpClient.HttpClient> = Layer.effect(SessionClient, make)
