/**
 * Which of the two credentials does a response refuse?
 *
 * The platform answers a dead session with status 400, and each of its products says so in its own way.
 *
 * @since 0.1.0
 * @module
 */
import * as Context from "effect/Context"
import * as platformError from "./internal/endpoint/platformError.js"

/**
 * What a response says of the credentials that its request carried.
 *
 * - `AccessToken`: the gateway did not accept the access token.
 * - `SessionToken`: the session is over, or unknown.
 * - `Unknown`: a 401 that says no more; either may be the cause.
 * - `Permission`: both were accepted, and do not permit this. Renewing does not help.
 * - `None`: it does not speak of credentials.
 *
 * @since 0.1.0
 * @category models
 */
export type Rejection = "AccessToken" | "SessionToken" | "Unknown" | "Permission" | "None"

const accountCode = /\.(AccountName|AccountNotFound|NoAccounts|MultipleAccounts|Account\.NotDefined)$/
const uwsStatus = /UWS\b[^[]{0,200}\[(\d{3})\]/
const permissionFaults: ReadonlySet<string> = new Set(["900908", "900910"])

/** Said by products that have no code of their own for it. */
const namesSession = /\bsession (has expired|token)\b/i

const fromMessage = (status: number, error: platformError.PlatformError): Rejection | undefined => {
  const message = error.message ?? ""
  if (/UWS verification failure/i.test(message)) {
    return /session has expired/i.test(message) ? "SessionToken" : "Permission"
  }
  const inner = error.error === undefined ? undefined : uwsStatus.exec(message)?.[1]
  if (inner === "400" || inner === "401") return inner === "400" ? "SessionToken" : "AccessToken"
  return (status === 400 || status === 401) && namesSession.test(message) ? "SessionToken" : undefined
}

const fromCodes = (status: number, error: platformError.PlatformError): Rejection | undefined => {
  if (platformError.refusesAccessToken(error.faultCode ?? "")) return "AccessToken"
  if (permissionFaults.has(error.faultCode ?? "")) return "Permission"
  if (status === 401 && platformError.refusesAccessToken(error.error ?? "")) return "AccessToken"
  const code = error.errorCode ?? ""
  if (platformError.refusesSession(code)) return "SessionToken"
  if (accountCode.test(code)) return "Permission"
  return status === 401 && code === "INVALID_ACCOUNT" ? "SessionToken" : undefined
}

/**
 * Reads a refusal out of a response's status and body.
 *
 * It knows: WSO2 faults (wrapped, flat, or XML; the code as text or number), UWS's `*.SessionToken.*`, `SESSION_EXPIRED`,
 * Device Location's message, a 400 or 401 whose message says that the session has expired or names the session token,
 * Cloud Connector's inner `[400]` and `[401]`, Diagnostics' `INVALID_ACCOUNT`, RFC 6750's `invalid_token`, and the bare
 * 401. Of a list of errors the first that refuses a credential counts. Any status below 400 is `None`, whatever its body.
 *
 * @example
 * ```ts
 * import { Rejection } from "effect-thingspace-auth"
 *
 * const body = JSON.stringify({
 *   errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired",
 *   errorMessage: "The SessionToken is expired."
 * })
 * console.log(Rejection.classify(400, body)) // => SessionToken
 * console.log(Rejection.classify(401, "")) // => Unknown
 * console.log(Rejection.classify(404, body.replace("SessionToken.Expired", "Device.NotFound"))) // => None
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const classify = (status: number, body: string): Rejection => {
  if (status < 400) return "None"
  const errors = platformError.parseAll(body)
  for (const error of errors) {
    const said = fromCodes(status, error) ?? fromMessage(status, error)
    if (said !== undefined) return said
  }
  if (status === 403) return "Permission"
  return status === 401 || errors.some(({ responseCode }) => responseCode === "INVALID_ACCESS") ? "Unknown" : "None"
}

/**
 * The classifier that the assembled layers use, `classify` by default; replace it if the platform has learnt to say
 * something new.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { Rejection, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
 *
 * const { account } = ThingSpaceEmulator.defaults
 *
 * const Dialect = Layer.succeed(Rejection.Classifier, (status, body) =>
 *   status === 440 ? "SessionToken" : Rejection.classify(status, body)
 * )
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
 *   const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
 *   yield* emulator.failNext(ThingSpaceEmulator.answer(440), { path: "/api/m2m/v1/accounts" })
 *   yield* client.get(`/api/m2m/v1/accounts/${account}`)
 *   for (const { path, status } of yield* emulator.exchanges) console.log(status, path)
 *   // => 200 /api/ts/v1/oauth2/token
 *   // => 200 /api/m2m/v1/session/login
 *   // => 440 /api/m2m/v1/accounts/0000123456-00001
 *   // => 200 /api/m2m/v1/session/login
 *   // => 200 /api/m2m/v1/accounts/0000123456-00001
 * })
 *
 * const ThingSpaceTest = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
 *   Layer.provide(Dialect),
 *   Layer.provideMerge(ThingSpaceEmulator.layer())
 * )
 *
 * await Effect.runPromise(Effect.provide(program, ThingSpaceTest))
 * ```
 *
 * @since 0.1.0
 * @category references
 */
export class Classifier extends Context.Reference<Classifier>()("effect-thingspace-auth/Rejection/Classifier", {
  defaultValue: (): ((status: number, body: string) => Rejection) => classify
}) {}
