import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as Duration from "effect/Duration"
import { type Endpoint, EndpointError, OAuthError, SessionError } from "../../AuthError.js"
import * as serverText from "../secrets/serverText.js"
import * as platformError from "./platformError.js"
import { unreachable } from "./verdict.js"

/** @internal */
export type EndpointFailure = OAuthError | SessionError | EndpointError

const certificateCodes: ReadonlySet<unknown> = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
])

const lostCode = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/

const isLostCode = (code: unknown): code is string => typeof code === "string" && lostCode.test(code)

const isConnect = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "syscall" in error && error.syscall === "connect"

/** If a host has several addresses, Node's error names no call itself, and holds one error for each address. */
const isConnecting = (cause: object): boolean =>
  isConnect(cause) ||
  ("errors" in cause && Array.isArray(cause.errors) && cause.errors.length > 0 && cause.errors.every(isConnect))

/** What failed, and what that was caused by, as deep as transports nest it. */
const chain = (cause: unknown, depth = 5): ReadonlyArray<object> =>
  typeof cause !== "object" || cause === null || depth === 0
    ? []
    : [cause, ...chain("cause" in cause ? cause.cause : undefined, depth - 1)]

const codeOf = (error: object): unknown => ("code" in error ? error.code : undefined)

/** Whether a connection was never made; some codes also end one under way, after the request. */
const wasNeverMade = (error: object): boolean => {
  const code = codeOf(error)
  return certificateCodes.has(code) || (unreachable.has(code) && (!isLostCode(code) || isConnecting(error)))
}

/** Node's fetch makes an error without a word of a 407, and of no other answer that these calls can get. */
const isProxyRefusal = ([outer, inner, ...deeper]: ReadonlyArray<object>): boolean =>
  outer instanceof TypeError &&
  outer.message === "fetch failed" &&
  inner instanceof Error &&
  inner.message === "" &&
  codeOf(inner) === undefined &&
  deeper.length === 0

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
  const errors = chain(error.cause)
  const neverMade = errors.find(wasNeverMade)
  if (neverMade !== undefined) {
    const code = String(codeOf(neverMade))
    return new EndpointError({ endpoint, reason: "NotSent", code, description: `no connection (${code})` })
  }
  if (error.reason !== "Transport") {
    return new EndpointError({ endpoint, reason: "NotSent", description: "the client could not build the request" })
  }
  if (isProxyRefusal(errors)) return fromStatus(endpoint, 407, undefined)
  return new EndpointError({
    endpoint,
    reason: "Transport",
    code: errors.map(codeOf).find(isLostCode),
    description: "the connection failed before an answer came"
  })
}

const statuses: Readonly<Record<number, string>> = {
  407: "a proxy asks for credentials of its own",
  421: "the connection led to another server, and fetch repeats such a request: it may have been sent twice",
  511: "the network asks for a sign-in"
}

const fromStatus = (endpoint: Endpoint, status: number, retryAfter: Duration.Duration | undefined): EndpointError => {
  const description = statuses[status] ?? (status >= 300 && status < 400 ? "redirects are not followed" : undefined)
  return new EndpointError({ endpoint, reason: "StatusCode", status, description, retryAfter })
}

/**
 * An answer, as far as it says what failed.
 *
 * @internal
 */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly retryAfter: Duration.Duration | undefined
}

/**
 * What an answer other than a success says, in whichever dialect. It is classified as it was sent; only the texts that are
 * kept for printing are searched for secrets.
 *
 * @internal
 */
export const fromAnswer = (
  endpoint: Endpoint,
  { body, retryAfter, status }: Answer,
  secrets: ReadonlyArray<string>
): EndpointFailure => {
  const { error, errorCode, faultCode, message = "" } = platformError.parse(body)
  const sent = faultCode ?? errorCode ?? error
  if (sent === undefined) return fromStatus(endpoint, status, retryAfter)
  const code = serverText.code(sent, secrets)
  const said = serverText.sentence(message, secrets)
  return faultCode === undefined && errorCode !== undefined
    ? new SessionError({ endpoint, status, errorCode: code, errorMessage: said, retryAfter })
    : new OAuthError({ endpoint, status, error: code, description: said || undefined, retryAfter })
}
