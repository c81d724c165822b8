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
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { AccessToken } from "./AccessToken.js"
import { type AuthError, EndpointError } from "./AuthError.js"
import type * as Credentials from "./Credentials.js"
import * as asSupplied from "./internal/endpoint/asSupplied.js"
import type { EndpointFailure } from "./internal/endpoint/failure.js"
import * as endpoint from "./internal/endpoint/send.js"
import * as headerValue from "./internal/secrets/headerValue.js"
import { SessionToken } from "./SessionToken.js"

/**
 * What becomes of a login that is not answered in time.
 *
 * @since 0.2.0
 * @category models
 */
export interface LoginOptions {
  /**
   * Is told what the platform says within two minutes after the deadline. The login itself has then failed with
   * `Timeout`; without this option its connection is closed at the deadline.
   *
   * Closing the scope in which the client was built ends the listening.
   */
  readonly onLateAnswer?: ((exit: Exit.Exit<SessionToken, AuthError>) => Effect.Effect<void>) | undefined
}

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
   * Fails with `SessionError` if the platform refuses the user, with `OAuthError` if it refuses the access token, and
   * with `EndpointError` if the outcome is not known.
   */
  readonly login: (
    access: AccessToken,
    credentials: Credentials.Uws,
    options?: LoginOptions
  ) => Effect.Effect<SessionToken, AuthError>
  /**
   * Ends a session: `POST /api/m2m/v1/session/logout`. Callbacks for requests made in it still arrive.
   *
   * Fails with `SessionError` if the platform does not know the session, or as `login` does.
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

const opened = ({ sessionToken }: typeof LoggedIn.Type): SessionToken => new SessionToken({ secret: sessionToken })

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
  const withCredentials = asSupplied.make()
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
    login: (access, credentials, options) =>
      Effect.suspend((): Effect.Effect<SessionToken, AuthError> => {
        const { username } = credentials
        const password = Redacted.value(credentials.password)
        const request = HttpClientRequest.post("/api/m2m/v1/session/login").pipe(jsonBody({ username, password }))
        const late = options?.onLateAnswer
        const onLateAnswer =
          late && ((exit: Exit.Exit<typeof LoggedIn.Type, EndpointFailure>) => late(Exit.map(exit, opened)))
        const call = sendWith(
          { endpoint: "login", request, success: LoggedIn, secrets: [password], onLateAnswer },
          access
        )
        const parts = [
          { name: "username (THINGSPACE_UWS_USERNAME)", text: username },
          { name: "password (THINGSPACE_UWS_PASSWORD)", text: password }
        ]
        return Effect.map(withCredentials("Uws", parts, call), opened)
      }),
    logout: (access, session) =>
      Effect.suspend(() => {
        const request = HttpClientRequest.post("/api/m2m/v1/session/logout")
        return sendWith({ endpoint: "logout", request, success: endpoint.statusAlone, secrets: [] }, access, session)
      }),
    resetPassword: (access, session, oldPassword) =>
      Effect.suspend((): Effect.Effect<Redacted.Redacted, AuthError> => {
        const old = Redacted.value(oldPassword)
        const request = HttpClientRequest.put("/api/m2m/v1/session/password/actions/reset").pipe(
          jsonBody({ oldPassword: old })
        )
        const call = sendWith(
          { endpoint: "resetPassword", request, success: PasswordReset, secrets: [old] },
          access,
          session
        )
        const parts = [{ name: "old password", text: old }]
        return Effect.map(withCredentials("Uws", parts, call), ({ newPassword }) => newPassword)
      })
  }
})

/**
 * The client over the `HttpClient` at hand.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<SessionClient, never, HttpClient.HttpClient> = Layer.scoped(SessionClient, make)
