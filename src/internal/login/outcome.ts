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
 * - `NotTried`: no login was sent, or what it needed could not be had.
 * - `Uncertain`: it may have been a refusal. An interruption or a defect leaves no failure.
 *
 * @internal
 */
export interface Outcome {
  readonly _tag: "Accepted" | "Refused" | "NotJudged" | "NotTried" | "Uncertain"
  readonly failure?: AuthError
}

/** What the session service says of a request that it could not read or process. */
const shapeCode = /(^|\.)(UnexpectedError|RequestUndefined|InvalidCharacter|DeserializationFailed)$/

/** A proxy, a captive portal, a redirect or a limit: the answer comes from in front of the session service. */
const isInFront = (status = 0): boolean => [407, 429, 511].includes(status) || (status >= 300 && status < 400)

const ofError = (failure: AuthError): Outcome => {
  if (failure._tag === "LoginBlocked" || failure._tag === "CredentialsError" || failure.endpoint !== "login") {
    return { _tag: "NotTried" }
  }
  if (failure._tag === "SessionError") {
    return shapeCode.test(failure.errorCode) ? { _tag: "Uncertain", failure } : { _tag: "Refused" }
  }
  const isNamed =
    failure._tag === "OAuthError"
      ? platformError.refusesAccessToken(failure.error) || verdict.neverReached(failure.error)
      : failure.reason === "NotSent"
  return { _tag: isNamed || isInFront(failure.status) ? "NotJudged" : "Uncertain", failure }
}

/**
 * A refusal counts as one whatever else went wrong in the same attempt.
 *
 * @internal
 */
export const of = (exit: Exit.Exit<unknown, AuthError>): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Accepted" }
  if (exit.cause._tag === "Fail") return ofError(exit.cause.error)
  const isRefused = Chunk.some(Cause.failures(exit.cause), (failure) => ofError(failure)._tag === "Refused")
  return { _tag: isRefused ? "Refused" : "Uncertain" }
}
