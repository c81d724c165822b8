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

const fromJson = (body: unknown): PlatformError => {
  if (!Predicate.isRecord(body)) return {}
  return {
    ...defined({
      errorCode: firstText(body.errorCode),
      error: firstText(body.error),
      responseCode: firstText(body.responseCode),
      message: firstText(body.errorMessage, body.error_description, body.description, body.message)
    }),
    ...faultFrom("fault" in body ? body.fault : isFlatFault(body) ? body : undefined)
  }
}

const element = (xml: string, name: string): string | undefined =>
  new RegExp(`<(?:[\\w.-]+:)?${name}>([^<]*)</`).exec(xml)?.[1]?.trim()

const fromXml = (xml: string): PlatformError =>
  defined({ faultCode: element(xml, "code"), message: element(xml, "description") ?? element(xml, "message") })

/**
 * Reads an error body; one that says nothing in any known dialect is an empty record, never a failure.
 *
 * @internal
 */
export const parse = (body: string): PlatformError =>
  Option.match(parseJson(body), {
    onNone: () => (/<(?:[\w.-]+:)?fault[\s>]/.test(body) ? fromXml(body) : {}),
    onSome: fromJson
  })

const refusedTokenCodes: ReadonlySet<string> = new Set(["900901", "900902", "900903", "900904", "invalid_token"])

/**
 * Whether a code says that the access token is missing, wrong, expired or inactive: a WSO2 gateway's, or RFC 6750's.
 *
 * @internal
 */
export const refusesAccessToken = (code: string): boolean => refusedTokenCodes.has(code)

/**
 * Whether a UWS code says that the session is over, unknown or missing. Its first segment names a service and varies.
 *
 * @internal
 */
export const refusesSession = (code: string): boolean => /(^|\.)SessionToken(\.|$)/.test(code)
