import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Option from "effect/Option"

/**
 * The headers that carry the session token, one or another by origin.
 *
 * @internal
 */
export const sessionHeaders = ["vz-m2m-token", "sessiontoken"] as const

/**
 * The headers that carry a credential in requests.
 *
 * @internal
 */
export const credentialHeaders = ["authorization", ...sessionHeaders] as const

/**
 * A request without these headers. No operator removes one, so the request is made anew.
 *
 * @internal
 */
export const without = (
  request: HttpClientRequest.HttpClientRequest,
  names: ReadonlyArray<string>
): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.make(request.method)(request.url).pipe(
    HttpClientRequest.setUrlParams(request.urlParams),
    (made) => (Option.isNone(request.hash) ? made : HttpClientRequest.setHash(made, request.hash.value)),
    HttpClientRequest.setBody(request.body),
    HttpClientRequest.setHeaders(names.reduce((headers, name) => Headers.remove(headers, name), request.headers))
  )
