import type * as HttpClientError from "@effect/platform/HttpClientError"
import { type Endpoint, EndpointError, OAuthError, SessionError } from "../../AuthError.js"
import * as serverText from "../secrets/serverText.js"
import * as platformError from "./platformError.js"

/** @internal */
export type EndpointFailure = OAuthError | SessionError | EndpointError

const notSentCodes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
])

/** These also end a connection under way, after the request. */
const unreachableCodes: ReadonlySet<unknown> = new Set(["EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"])

const isConnect = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "syscall" in error && error.syscall === "connect"

/** Where a host has several addresses, Node's error names no call itself, and holds one error for each address. */
const isConnecting = (cause: object): boolean =>
  isConnect(cause) ||
  ("errors" in cause && Array.isArray(cause.errors) && cause.errors.length > 0 && cause.errors.every(isConnect))

/** The system's code for a connection that was never made, however deep the transport put it. */
const notSentCode = (cause: unknown, depth = 5): string | undefined => {
  if (typeof cause !== "object" || cause === null || depth === 0) return undefined
  if ("code" in cause) {
    const neverMade = notSentCodes.has(cause.code) || (unreachableCodes.has(cause.code) && isConnecting(cause))
    if (neverMade) return String(cause.code)
  }
  return "cause" in cause ? notSentCode(cause.cause, depth - 1) : undefined
}

/**
 * What became of a request that brought no response; the transport's own error holds the request and is left behind.
 *
 * @internal
 */
export const fromClientError = (endpoint: Endpoint, error: HttpClientError.HttpClientError): EndpointError => {
  if (error._tag === "ResponseError") {
    const { status } = error.response
    return new EndpointError({ endpoint, reason: "Decode", status, description: "the client rejected the answer" })
  }
  const code = notSentCode(error.cause)
  if (code !== undefined) {
    return new EndpointError({ endpoint, reason: "NotSent", description: `no connection (${code})` })
  }
  return error.reason === "Transport"
    ? new EndpointError({ endpoint, reason: "Transport", description: "the connection failed before an answer came" })
    : new EndpointError({ endpoint, reason: "NotSent", description: "the client could not build the request" })
}

/**
 * What an answer other than a success says, in whichever dialect.
 *
 * @internal
 */
export const fromAnswer = (
  endpoint: Endpoint,
  status: number,
  body: string,
  secrets: ReadonlyArray<string>
): EndpointFailure => {
  const { error, errorCode, faultCode, message = "" } = platformError.parse(body)
  const said = serverText.sentence(message, secrets)
  const description = said === "" ? undefined : said
  const code = faultCode ?? error
  if (faultCode === undefined && errorCode !== undefined) {
    return new SessionError({
      endpoint,
      status,
      errorCode: serverText.code(errorCode, secrets),
      errorMessage: said
    })
  }
  if (code !== undefined) {
    return new OAuthError({ endpoint, status, error: serverText.code(code, secrets), description })
  }
  return status >= 300 && status < 400
    ? new EndpointError({ endpoint, reason: "StatusCode", status, description: "redirects are not followed" })
    : new EndpointError({ endpoint, reason: "StatusCode", status })
}
