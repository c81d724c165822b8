/**
 * Every way in which authentication fails.
 *
 * None of these errors holds a request, a response or a secret, not even as `cause`: loggers print errors whole, and
 * the body of a login request is a password.
 *
 * @since 0.1.0
 * @module
 */
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"
import * as advice from "./internal/endpoint/advice.js"
import * as verdict from "./internal/endpoint/verdict.js"

/**
 * The authentication call that failed.
 *
 * @since 0.1.0
 * @category models
 */
export const Endpoint = Schema.Literal("requestToken", "revokeToken", "login", "logout", "resetPassword")

/**
 * The name of an authentication call.
 *
 * @since 0.1.0
 * @category models
 */
export type Endpoint = typeof Endpoint.Type

/** How long until another attempt is made, or asked for; in JSON the milliseconds. */
const RetryAfter = Schema.optional(Schema.DurationFromMillis)

/** What happened, what was said of it, and what to do next. */
const sentences = (happened: string, said: string | undefined, next: string): string => {
  const detail = said === undefined || said === "" ? "" : `: ${said.replace(/\.$/, "")}`
  return `${happened}${detail}. ${next}`
}

/**
 * The OAuth service, or the gateway in front of the platform, refused the call: RFC 6749 section 5.2, or a WSO2 fault,
 * whose numeric code is then the `error`.
 *
 * @since 0.1.0
 * @category errors
 */
export class OAuthError extends Schema.TaggedError<OAuthError>("effect-thingspace-auth/OAuthError")("OAuthError", {
  endpoint: Endpoint,
  /** The HTTP status of the answer. */
  status: Schema.Number,
  /** The code: `invalid_client`, or a gateway's such as `900901`. */
  error: Schema.String,
  /** What the platform said of it, shortened, and without the secrets that were sent. */
  description: Schema.optional(Schema.String),
  /** What is odd about the credentials as the program supplied them, if they were refused. */
  hint: Schema.optional(Schema.String),
  /** How long to wait before the next attempt: the platform's `Retry-After`, at most 5 minutes, or a pause of ours. */
  retryAfter: RetryAfter
}) {
  override get message(): string {
    return sentences(
      `${this.endpoint} was refused with ${this.error} (status ${this.status})`,
      this.description,
      advice.onOAuthError(this)
    )
  }
}

/**
 * The session service refused the call with an `errorCode` of its own.
 *
 * A code's first segment names a service and varies; the rest is stable. Messages carry data and may change.
 *
 * @since 0.1.0
 * @category errors
 */
export class SessionError extends Schema.TaggedError<SessionError>("effect-thingspace-auth/SessionError")(
  "SessionError",
  {
    endpoint: Endpoint,
    /** The HTTP status of the answer, 400 for most refusals. */
    status: Schema.Number,
    /** The platform's code, such as `UnifiedWebService.REQUEST_FAILED.SessionToken.Expired`. */
    errorCode: Schema.String,
    /** What the platform said of it, shortened, and without the secrets that were sent. */
    errorMessage: Schema.String,
    /** What is odd about the credentials as the program supplied them, if they were refused. */
    hint: Schema.optional(Schema.String),
    /** How long to wait before the next attempt: the platform's `Retry-After`, at most 5 minutes, or a pause of ours. */
    retryAfter: RetryAfter
  }
) {
  override get message(): string {
    return sentences(
      `${this.endpoint} was refused with ${this.errorCode} (status ${this.status})`,
      this.errorMessage,
      advice.onSessionError(this)
    )
  }
}

/**
 * The call brought no answer that means anything.
 *
 * - `NotSent`: nothing left this machine, so the platform did not act; repeating it is safe.
 * - `Transport`: the connection failed; the platform may have acted.
 * - `Timeout`: no complete answer within the deadline; the platform may have acted.
 * - `StatusCode`: a status without a body that explains it: a redirect, a proxy's page, a bare 503.
 * - `Decode`: a success whose body is not what the endpoint documents.
 *
 * @since 0.1.0
 * @category errors
 */
export class EndpointError extends Schema.TaggedError<EndpointError>("effect-thingspace-auth/EndpointError")(
  "EndpointError",
  {
    endpoint: Endpoint,
    reason: Schema.Literal("NotSent", "Transport", "Timeout", "StatusCode", "Decode"),
    /** The HTTP status, if there was an answer. */
    status: Schema.optional(Schema.Number),
    /** The system's code for a connection that failed, such as `ECONNREFUSED`, if it is a usual one. */
    code: Schema.optional(Schema.String),
    /** What went wrong, in our own words. */
    description: Schema.optional(Schema.String),
    /** How long to wait before the next attempt: the platform's `Retry-After`, at most 5 minutes, or a pause of ours. */
    retryAfter: RetryAfter
  }
) {
  override get message(): string {
    const status = this.status === undefined ? "" : ` (status ${this.status})`
    return sentences(`${this.endpoint} failed: ${this.reason}${status}`, this.description, advice.onEndpointError(this))
  }
}

/**
 * The program's own source of credentials could not supply them: a sealed vault, an empty value.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialsError extends Schema.TaggedError<CredentialsError>("effect-thingspace-auth/CredentialsError")(
  "CredentialsError",
  {
    /** `App` is the application key and secret, `Uws` the username and password. */
    credentials: Schema.Literal("App", "Uws"),
    /** Why; it is printed, so it must not hold the secret. */
    description: Schema.String
  }
) {
  override get message(): string {
    const whose = this.credentials === "App" ? "application" : "UWS"
    return sentences(`The ${whose} credentials are not available`, this.description, advice.onCredentialsError)
  }
}

/**
 * A login was not sent because it could lock the user: five refusals in a row do, and only Verizon's support unlocks.
 *
 * - `Refused`: the platform refused these credentials, or so many in a row that another attempt is not safe. Supply
 *   others, or call `LoginGuard.reset` once they are known to be right.
 * - `Uncertain`: earlier attempts ended without an answer that means anything, and may have been refusals. The next is
 *   allowed after `retryAfter`.
 *
 * @since 0.1.0
 * @category errors
 */
export class LoginBlocked extends Schema.TaggedError<LoginBlocked>("effect-thingspace-auth/LoginBlocked")(
  "LoginBlocked",
  {
    reason: Schema.Literal("Refused", "Uncertain"),
    /** How many attempts in a row did not succeed. */
    attempts: Schema.Number,
    /** When the latest of them ended. */
    since: Schema.DateTimeUtc,
    /** How long until the next attempt is allowed; absent if waiting does not help. */
    retryAfter: RetryAfter
  }
) {
  override get message(): string {
    const many = `${this.attempts} ${this.attempts === 1 ? "attempt" : "attempts"}`
    return this.reason === "Refused"
      ? `No login was sent: the platform refused the username or password (${many}), and repeating it would lock the user. Supply other credentials, or call LoginGuard.reset once they are known to be right.`
      : `No login was sent: ${many} ended without a clear answer and may count towards the lock. ${advice.again(this.retryAfter, "Try again later")}.`
  }
}

/**
 * How acquiring or revoking an access token fails.
 *
 * @since 0.1.0
 * @category errors
 */
export type TokenError = OAuthError | EndpointError | CredentialsError

/**
 * Every way in which authentication fails, as a union that survives JSON.
 *
 * @since 0.2.0
 * @category errors
 */
export const AuthError = Schema.Union(OAuthError, SessionError, EndpointError, CredentialsError, LoginBlocked)

/**
 * How authentication as a whole fails.
 *
 * @since 0.1.0
 * @category errors
 */
export type AuthError = TokenError | SessionError | LoginBlocked

/**
 * Whether a value is one of the errors of this module.
 *
 * @since 0.2.0
 * @category guards
 */
export const isAuthError: (u: unknown) => u is AuthError = Schema.is(AuthError)

/**
 * Whether the same call may succeed later without anybody changing anything: for `Effect.retry`'s `while`.
 *
 * True for what passes by itself: timeouts, lost or refused connections, statuses 408, 429 and 5xx, a gateway that
 * throttles, and whatever says when to come back. False for refused credentials, and for a password reset that may have
 * been executed. It also judges an `HttpClientError`, by the `AuthError` that is its cause, if there is one, and a
 * `TimeoutException`. Whether a request of your own may be sent twice it cannot know.
 *
 * @since 0.2.0
 * @category guards
 */
export const isTransient = (error: unknown): boolean => {
  if (isAuthError(error)) return verdict.isTransient(error)
  if (!HttpClientError.isHttpClientError(error)) return Cause.isTimeoutException(error)
  if (error._tag === "ResponseError") return verdict.passes(error.response.status)
  return isAuthError(error.cause) ? verdict.isTransient(error.cause) : error.reason === "Transport"
}
