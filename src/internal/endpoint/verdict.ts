import type * as Duration from "effect/Duration"
import { refusesAccessToken } from "./platformError.js"

/**
 * What is looked at of an error; the errors' own module stands above this one.
 *
 * @internal
 */
export interface Failure {
  readonly endpoint: string
  readonly status?: number | undefined
  readonly retryAfter?: Duration.Duration | undefined
}

/**
 * Whether a status says that the same request may be answered another time. Not 511: somebody has to sign in first.
 *
 * @internal
 */
export const passes = (status: number): boolean => (status >= 500 && status !== 511) || status === 408 || status === 429

/**
 * Whether a gateway's code says that the call has not reached the service behind it: throttled out, or no connection to
 * that service, or none tried at present.
 *
 * @internal
 */
export const neverReached = (code: string): boolean => /^(9008\d\d|101503|303001)$/.test(code)

/** A gateway's, for a service that did not answer it in time, and RFC 6749's for its own. */
const passingCodes: ReadonlySet<string> = new Set(["101504", "server_error", "temporarily_unavailable"])

/** @internal */
export interface Refusal extends Failure {
  readonly status: number
  readonly error: string
}

/** @internal */
export const refusalPasses = ({ error, status }: Refusal): boolean =>
  passes(status) || neverReached(error) || passingCodes.has(error)

/**
 * Whether the OAuth service or the gateway refuses what the call authenticates with: key and secret, or the access token.
 *
 * @internal
 */
export const refusesCaller = (refusal: Refusal): boolean =>
  !refusalPasses(refusal) &&
  (refusal.status === 401 || refusal.error.endsWith("_client") || refusesAccessToken(refusal.error))

/** @internal */
export const authenticatesWithApp = (endpoint: string): boolean =>
  endpoint === "requestToken" || endpoint === "revokeToken"

/**
 * Whether an answer that says nothing but its status refuses the application's key and secret.
 *
 * @internal
 */
export const refusesAppBarely = ({ endpoint, status }: Failure): boolean =>
  authenticatesWithApp(endpoint) && status === 401

/**
 * Whether a failure has its cause in the application's key and secret.
 *
 * @internal
 */
export const refusesApp = (
  error: (Refusal & { readonly _tag: "OAuthError" }) | (NoAnswer & { readonly _tag: "EndpointError" })
): boolean =>
  error._tag === "EndpointError"
    ? refusesAppBarely(error)
    : authenticatesWithApp(error.endpoint) && refusesCaller(error)

/** A reset that may have been executed must not be repeated: the answer is the only place that shows the new password. */
const mayRepeat = ({ endpoint, status }: Failure, executed: boolean): boolean =>
  endpoint !== "resetPassword" || status === 429 || !executed

const isTransientRefusal = (refusal: Refusal): boolean =>
  refusesCaller(refusal)
    ? !authenticatesWithApp(refusal.endpoint) && refusal.retryAfter !== undefined
    : (refusalPasses(refusal) || refusal.retryAfter !== undefined) && mayRepeat(refusal, !neverReached(refusal.error))

/** @internal */
export interface SessionRefusal extends Failure {
  readonly status: number
  readonly errorCode: string
}

/**
 * Whether the session service says that the same request may be answered another time: by the status, or by its code for
 * what it cannot explain itself, which says nothing of the user or the request.
 *
 * @internal
 */
export const sessionRefusalPasses = ({ errorCode, status }: SessionRefusal): boolean =>
  passes(status) || /(^|\.)UnexpectedError$/.test(errorCode)

const isTransientSessionRefusal = (error: SessionRefusal): boolean =>
  (sessionRefusalPasses(error) || error.retryAfter !== undefined) && mayRepeat(error, true)

/**
 * The codes of connections that were never made, and may be another time: a certificate stays as it is.
 *
 * @internal
 */
export const unreachable: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT"
])

interface NoAnswer extends Failure {
  readonly reason: string
  readonly code?: string | undefined
}

const isTransientNoAnswer = (error: NoAnswer): boolean => {
  const { code, reason, retryAfter, status } = error
  if (refusesAppBarely(error)) return false
  if (reason === "NotSent") return retryAfter !== undefined || unreachable.has(code)
  const passing = reason === "Transport" || reason === "Timeout" || (status !== undefined && passes(status))
  return (passing || retryAfter !== undefined) && mayRepeat(error, true)
}

type Judged =
  | (Refusal & { readonly _tag: "OAuthError" })
  | (SessionRefusal & { readonly _tag: "SessionError" })
  | (NoAnswer & { readonly _tag: "EndpointError" })
  | { readonly _tag: "CredentialsError" }
  | { readonly _tag: "LoginBlocked"; readonly retryAfter?: Duration.Duration | undefined }

/**
 * Whether the same call may succeed later without anybody changing anything.
 *
 * @internal
 */
export const isTransient = (error: Judged): boolean => {
  switch (error._tag) {
    case "OAuthError":
      return isTransientRefusal(error)
    case "SessionError":
      return isTransientSessionRefusal(error)
    case "EndpointError":
      return isTransientNoAnswer(error)
    case "CredentialsError":
      return false
    case "LoginBlocked":
      return error.retryAfter !== undefined
  }
}
