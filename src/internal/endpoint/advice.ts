import * as Duration from "effect/Duration"
import {
  authenticatesWithApp,
  type Failure,
  passes,
  type Refusal,
  refusalPasses,
  refusesAppBarely,
  refusesCaller,
  type SessionRefusal,
  sessionRefusalPasses
} from "./verdict.js"

/** A part of a second is rounded up: who comes too early is turned away again. */
const shown = (wait: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.max(1, Math.ceil(Duration.toSeconds(wait)))))

interface Hinted {
  readonly hint?: string | undefined
}

/** The call may have reached the platform: a login then counts towards the lock, a reset may have lost the password. */
const uncertain = (endpoint: string, next: string): string => {
  switch (endpoint) {
    case "login":
      return `${next}, but not in a loop: it may count as a refused login.`
    case "resetPassword":
      return "The password may have been replaced by one that nobody has seen: do not repeat the call, try the old password once, and if it is refused ask Verizon's support."
    default:
      return `${next}.`
  }
}

/**
 * When to try again, if that is known.
 *
 * @internal
 */
export const again = (retryAfter: Duration.Duration | undefined, otherwise: string): string =>
  retryAfter === undefined ? otherwise : `Try again in ${shown(retryAfter)}`

const later = ({ endpoint, retryAfter }: Failure): string => uncertain(endpoint, again(retryAfter, "Try again later"))

/** What may be the cause of a refusal. */
const perhaps = ({ hint }: Hinted): string => (hint === undefined ? "" : ` Note that ${hint}.`)

/** What has to change first, and the earliest time for another attempt. */
const afterThat = (next: string, { retryAfter }: Failure): string =>
  retryAfter === undefined ? next : `${next} ${again(retryAfter, "")}.`

/**
 * What to do about a refusal of the OAuth service's or the gateway's.
 *
 * @internal
 */
export const onOAuthError = (refusal: Refusal & Hinted): string => {
  const { endpoint, error, status } = refusal
  if (refusalPasses(refusal)) return later(refusal)
  if (refusesCaller(refusal)) {
    const next = authenticatesWithApp(endpoint)
      ? `Check the application key and secret.${perhaps(refusal)}`
      : "The access token was not accepted: try another, and if that is refused too, check what the application key may do."
    return afterThat(next, refusal)
  }
  if (status === 404 || error === "900906") return afterThat("Check baseUrl: no such API is known there.", refusal)
  if (status === 403) return afterThat("Check what the application key may do.", refusal)
  return afterThat("Repeating it does not help: look the code up, and ask Verizon's support with it.", refusal)
}

/**
 * What to do about a refusal of the session service's.
 *
 * @internal
 */
export const onSessionError = (error: SessionRefusal & Hinted): string => {
  if (sessionRefusalPasses(error)) return later(error)
  switch (error.endpoint) {
    case "login":
      return afterThat(
        `Check the UWS username and password before another login: five refusals in a row lock the user.${perhaps(error)}`,
        error
      )
    case "logout":
      return "The session is over, or ends by itself once it has idled out."
    default:
      return `The password has not been changed: check the session and the old password.${perhaps(error)}`
  }
}

/** Answers that the platform did not give, and that no repetition changes. */
const fromElsewhere = (status: number): string | undefined => {
  if (status === 407) return "Sign in at the proxy: it answered in the platform's place"
  if (status === 511) return "Sign in to the network: it answered in the platform's place"
  return status >= 300 && status < 400
    ? "Check baseUrl, and whether a proxy answers in the platform's place"
    : undefined
}

/**
 * What to do if no answer came that means anything.
 *
 * @internal
 */
export const onEndpointError = (
  error: Failure & { readonly reason: "NotSent" | "Transport" | "Timeout" | "StatusCode" | "Decode" }
): string => {
  const { endpoint, reason, retryAfter, status } = error
  switch (reason) {
    case "NotSent":
      return afterThat("Nothing was sent, so it can safely be repeated once that is put right.", error)
    case "Transport":
      return uncertain(endpoint, again(retryAfter, "Check the network and try again"))
    case "Timeout":
      return uncertain(endpoint, again(retryAfter, "Try again, perhaps with a longer requestTimeout"))
    case "StatusCode": {
      if (status !== undefined && passes(status)) return later(error)
      if (refusesAppBarely(error)) return afterThat("Check the application key and secret.", error)
      const elsewhere = fromElsewhere(status ?? 0)
      return elsewhere === undefined
        ? afterThat(uncertain(endpoint, "Check baseUrl, and whether a proxy answers in the platform's place"), error)
        : afterThat(`${elsewhere}.`, error)
    }
    case "Decode":
      return afterThat(uncertain(endpoint, "Check whether a proxy answers in the platform's place"), error)
  }
}

/**
 * What to do if the program's own credentials are missing.
 *
 * @internal
 */
export const onCredentialsError = "Nothing was sent: put them, or where they come from, right."
