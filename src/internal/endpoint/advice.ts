import type { Endpoint, EndpointError, OAuthError, SessionError } from "../../AuthError.js"

const passes = (status: number): boolean => status >= 500 || status === 408 || status === 429

/** The call may have reached the platform: a login then counts towards the lock, a reset may have lost the password. */
const uncertain = (endpoint: Endpoint, next: string): string => {
  switch (endpoint) {
    case "login":
      return `${next}, but not in a loop: it may count as a refused login.`
    case "resetPassword":
      return "The password may have been replaced by one that nobody has seen: do not repeat the call, try the old password once, and if it is refused ask Verizon's support."
    default:
      return `${next}.`
  }
}

const later = (endpoint: Endpoint): string => uncertain(endpoint, "Try again later")

const isOAuth = (endpoint: Endpoint): boolean => endpoint === "requestToken" || endpoint === "revokeToken"

/**
 * What to do about a refusal of the OAuth service's or the gateway's.
 *
 * @internal
 */
export const onOAuthError = ({
  endpoint,
  error,
  status
}: Pick<OAuthError, "endpoint" | "error" | "status">): string => {
  if (passes(status)) return later(endpoint)
  if (status === 401 || error.endsWith("_client")) {
    return isOAuth(endpoint)
      ? "Check the application key and secret."
      : "The access token was not accepted: try another, and if that is refused too, check what the application key may do."
  }
  if (status === 404 || error === "900906") return "Check baseUrl: no such API is known there."
  if (status === 403) return "Check what the application key may do."
  return "Repeating it does not help: look the code up, and ask Verizon's support with it."
}

/**
 * What to do about a refusal of the session service's.
 *
 * @internal
 */
export const onSessionError = ({ endpoint, status }: Pick<SessionError, "endpoint" | "status">): string => {
  if (passes(status)) return later(endpoint)
  switch (endpoint) {
    case "login":
      return "Check the UWS username and password before another login: five refusals in a row lock the user."
    case "logout":
      return "The session is over, or ends by itself once it has idled out."
    default:
      return "The password has not been changed: check the session and the old password."
  }
}

/**
 * What to do where no answer came that means anything.
 *
 * @internal
 */
export const onEndpointError = ({
  endpoint,
  reason,
  status
}: Pick<EndpointError, "endpoint" | "reason" | "status">): string => {
  switch (reason) {
    case "NotSent":
      return "Nothing was sent, so it can safely be repeated once that is put right."
    case "Transport":
      return uncertain(endpoint, "Check the network and try again")
    case "Timeout":
      return uncertain(endpoint, "Try again, perhaps with a longer requestTimeout")
    case "StatusCode":
      return status !== undefined && passes(status)
        ? later(endpoint)
        : uncertain(endpoint, "Check baseUrl, and whether a proxy answers in the platform's place")
    case "Decode":
      return uncertain(endpoint, "Check whether a proxy answers in the platform's place")
  }
}

/**
 * What to do where the program's own credentials are missing.
 *
 * @internal
 */
export const onCredentialsError = "Nothing was sent: put them, or where they come from, right."
