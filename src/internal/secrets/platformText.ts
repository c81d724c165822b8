/**
 * The codes and sentences that the platform and its gateway document, and those of OAuth. They are known beforehand, so
 * they disclose nothing, whatever a credential happens to be.
 */

/**
 * Segments of the codes in ThingSpace's "Synchronous Error Messages"; `Password`, which only clients speak of; the codes
 * of RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1 and RFC 7009 section 2.2.1.
 */
const segments: ReadonlySet<string> = new Set(
  `UnifiedWebService DeviceService INPUT_INVALID REQUEST_FAILED REQUEST_ONHOLD REQUEST_CANCELLED
  SessionToken Expired Format Invalid Password Account NotDefined AccountName AccountNotFound NoAccounts MultipleAccounts
  UnexpectedError Request RequestUndefined InvalidCharacter DeserializationFailed
  invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope
  invalid_token insufficient_scope unsupported_token_type server_error temporarily_unavailable`.split(/\s+/)
)

/** A WSO2 gateway's: of its API manager, its connections and its endpoints; or an HTTP status. */
const faultCode = /^(900\d{3}|101\d{3}|303\d{3}|[45]\d\d)$/

/**
 * What of a code is not documented, judged segment by segment: a code's first segment names a service and varies.
 *
 * @internal
 */
export const unknownSegments = (code: string): string =>
  code
    .split(".")
    .filter((segment) => !segments.has(segment) && !faultCode.test(segment))
    .join(".")

/**
 * From the same page ("oAuth Errors", session tokens), and from the Cloud Connector's error messages, which quote the
 * gateway with a slip of its own.
 */
const sentences: ReadonlyArray<RegExp> = [
  /^(Missing|Invalid) Credentials$/,
  /^Required OAuth credentials not provided\. Make sure your API invocation call has a header: "Authorization: (Basic|Bearer) ACCESS_TOKEN"$/,
  /^Access failure for API: \/(m2m|ts)\/v1, version: v1\. Make sure your? have given the correct access token$/,
  /^Access failure for API: \/(m2m|ts)\/v1, version: v1\. Check the API documentation and add a proper REST resource path to the invocation URL$/,
  /^No matching resource found in the API for the given request$/,
  /^Missing grant_type parameter value$/,
  /^The requested resource is not available\.$/,
  /^The Session has expired\.$/
]

/** @internal */
export const isDocumented = (sentence: string): boolean => sentences.some((documented) => documented.test(sentence))
