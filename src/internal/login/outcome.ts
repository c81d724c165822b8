import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Exit from "effect/Exit"
import type { AuthError } from "../../AuthError.js"
import * as platformError from "../endpoint/platformError.js"
import * as verdict from "../endpoint/verdict.js"

/**
 * What a login says of the username and password.
 *
 * - `NotJudged`: the session service never looked at them.
 * - `NotTried`: the failure is not the login's; what it needed could not be had.
 * - `Uncertain`: it may have been a refusal; without a failure, because the login was interrupted or died.
 *
 * @internal
 */
export type Outcome =
  | { readonly _tag: "Accepted" }
  | { readonly _tag: "Refused" }
  | { readonly _tag: "NotTried" }
  | { readonly _tag: "NotJudged"; readonly failure: AuthError }
  | { readonly _tag: "Uncertain"; readonly failure: AuthError | undefined }

/** What the session service says of a request that it could not read, or could not work on. */
const shapeCode = /(^|\.)(UnexpectedError|RequestUndefined|InvalidCharacter|DeserializationFailed)$/

/** A proxy, a captive portal, a redirect or a limit: the answer comes from in front of the session service. */
const isInFront = (status: number | undefined): boolean =>
  status !== undefined && (status === 407 || status === 429 || status === 511 || (status >= 300 && status < 400))

const ofError = (failure: AuthError): Outcome => {
  if (failure._tag === "LoginBlocked" || failure._tag === "CredentialsError" || failure.endpoint !== "login")
    return { _tag: "NotTried" }
  switch (failure._tag) {
    case "SessionError":
      return shapeCode.test(failure.errorCode) ? { _tag: "Uncertain", failure } : { _tag: "Refused" }
    case "OAuthError": {
      const isNamed = platformError.refusesAccessToken(failure.error) || verdict.neverReached(failure.error)
      return { _tag: isNamed || isInFront(failure.status) ? "NotJudged" : "Uncertain", failure }
    }
    case "EndpointError":
      return { _tag: failure.reason === "NotSent" || isInFront(failure.status) ? "NotJudged" : "Uncertain", failure }
  }
}

/**
 * A refusal counts as one whatever else went wrong in the same attempt.
 *
 * @internal
 */
export const of = (exit: Exit.Exit<unknown, AuthError>): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Accepted" }
  const { cause } = exit
  if (cause._tag === "Fail") return ofError(cause.error)
  const said = Chunk.map(Cause.failures(cause), ofError)
  return Chunk.some(said, ({ _tag }) => _tag === "Refused")
    ? { _tag: "Refused" }
    : { _tag: "Uncertain", failure: undefined }
}

/**
 * Whether a probe failed for what it needs, and says nothing of the session service.
 *
 * @internal
 */
export const isElsewhere = (failure: AuthError): boolean =>
  failure._tag === "LoginBlocked" || failure._tag === "CredentialsError" || failure.endpoint === "requestToken"
