import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * What an error body says, whichever of the platform's dialects it is in. Texts are as sent and may hold anything.
 *
 * @internal
 */
export interface PlatformError {
  /** A WSO2 gateway's code, from `{"fault": {…}}`, from the same keys at the top, or from XML. */
  readonly faultCode?: string
  /** UWS and most products. */
  readonly errorCode?: string
  /** OAuth (RFC 6749 section 5.2), Cloud Connector and vehicle messaging. */
  readonly error?: string
  /** Hyper Precise. */
  readonly responseCode?: string
  readonly message?: string
}

const parseJson = Schema.decodeUnknownOption(Schema.parseJson())

const text = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined

const firstText = (...values: ReadonlyArray<unknown>): string | undefined =>
  values.map(text).find((value) => value !== undefined && value !== "")

const defined = (error: { readonly [K in keyof PlatformError]: PlatformError[K] | undefined }): PlatformError =>
  Object.fromEntries(Object.entries(error).filter(([, value]) => value !== undefined))

const faultFrom = (value: unknown): PlatformError =>
  Predicate.isRecord(value)
    ? defined({ faultCode: firstText(value.code), message: firstText(value.description, value.message) })
    : {}

const isFlatFault = (body: { readonly [x: string]: unknown }): boolean =>
  /^\d+$/.test(text(body.code) ?? "") && ("message" in body || "description" in body)

/** Either spelling: users' parsers know of both. */
const field = (body: { readonly [x: string]: unknown }, name: "errorCode" | "errorMessage"): string | undefined =>
  firstText(body[name], body[`E${name.slice(1)}`])

const fromRecord = (body: { readonly [x: string]: unknown }): PlatformError => ({
  ...defined({
    errorCode: field(body, "errorCode"),
    error: firstText(body.error),
    responseCode: firstText(body.responseCode),
    message: firstText(field(body, "errorMessage"), body.error_description, body.description, body.message)
  }),
  ...faultFrom("fault" in body ? body.fault : isFlatFault(body) ? body : undefined)
})

const listed = (body: unknown): ReadonlyArray<unknown> =>
  Array.isArray(body) ? body : Predicate.isRecord(body) && Array.isArray(body.errors) ? [body, ...body.errors] : [body]

const element = (xml: string, name: string): string | undefined =>
  new RegExp(`<(?:[\\w.-]+:)?${name}>([^<]*)</`).exec(xml)?.[1]?.trim()

const fromXml = (xml: string): PlatformError =>
  defined({ faultCode: element(xml, "code"), message: element(xml, "description") ?? element(xml, "message") })

/**
 * Reads every error that a body lists, and of most bodies the one that it is. One that says nothing in any known dialect
 * is an empty record, never a failure.
 *
 * @internal
 */
export const parseAll = (body: string): ReadonlyArray<PlatformError> =>
  Option.match(parseJson(body), {
    onNone: () => (/<(?:[\w.-]+:)?fault[\s>]/.test(body) ? [fromXml(body)] : []),
    onSome: (json) => listed(json).filter(Predicate.isRecord).map(fromRecord)
  })

const hasCode = ({ error, errorCode, faultCode }: PlatformError): boolean =>
  (faultCode ?? errorCode ?? error) !== undefined

/**
 * Reads an error body: of a list the first that has a code.
 *
 * @internal
 */
export const parse = (body: string): PlatformError => {
  const all = parseAll(body)
  return all.find(hasCode) ?? all[0] ?? {}
}

/**
 * Whether a body holds an error's code, whatever status it came with.
 *
 * @internal
 */
export const isError = (body: string): boolean => parseAll(body).some(hasCode)

const refusedTokenCodes: ReadonlySet<string> = new Set(["900901", "900902", "900903", "900904", "invalid_token"])

/**
 * Whether a code says that the access token is missing, wrong, expired or inactive: a WSO2 gateway's, or RFC 6750's.
 *
 * @internal
 */
export const refusesAccessToken = (code: string): boolean => refusedTokenCodes.has(code)

/**
 * Whether a code says that the session is over, unknown or missing. The first segment of UWS's names a service and
 * varies.
 *
 * @internal
 */
export const refusesSession = (code: string): boolean => /(^|\.)(SessionToken(\.|$)|SESSION_EXPIRED$)/.test(code)
