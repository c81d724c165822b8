import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { globalValue } from "effect/GlobalValue"

/**
 * Where `HttpClient.withScope` notes, by the request that it was given, what the transport is to be aborted with. It is
 * the platform package's own, which shows it in no other way; were it kept elsewhere, ours would stay empty.
 */
const controllers = globalValue(
  "@effect/platform/HttpClient/scopedRequests",
  () => new WeakMap<HttpClientRequest.HttpClientRequest, AbortController>()
)

/**
 * What aborts a request when its scope closes: undefined where it has none of its own.
 *
 * @internal
 */
export const controllerOf = (request: HttpClientRequest.HttpClientRequest): AbortController | undefined =>
  controllers.get(request)

/**
 * Has a request that is sent in another's place end with that one's scope.
 *
 * @internal
 */
export const endWith = (
  request: HttpClientRequest.HttpClientRequest,
  controller: AbortController | undefined
): HttpClientRequest.HttpClientRequest => {
  if (controller !== undefined) controllers.set(request, controller)
  return request
}
