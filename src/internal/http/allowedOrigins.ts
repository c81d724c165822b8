import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import type { SessionHeader, Settings } from "../../ThingSpaceConfig.js"
import * as origin from "./origin.js"

/** @internal */
export interface Addressed {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly sessionHeader: SessionHeader
}

/**
 * Completes a request's address, and refuses it where its origin may not receive credentials.
 *
 * @internal
 */
export type Resolve = (request: HttpClientRequest.HttpClientRequest) => Addressed | HttpClientError.RequestError

const isRelative = (url: string): boolean => url[0] === "/" && url[1] !== "/" && url[1] !== "\\"

/** @internal */
export const make = (settings: Settings): Resolve => {
  const base = Either.getOrUndefined(origin.parseBase(settings.baseUrl))
  const headers = new Map([...settings.origins].filter(([address]) => Either.isRight(origin.parseProtected(address))))
  const roots = [...headers].map(([address, sessionHeader]) => ({ root: `${address}/`, sessionHeader }))
  const atBase = base === undefined ? undefined : headers.get(base.origin)

  type Request = HttpClientRequest.HttpClientRequest

  const invalid = (request: Request, description: string) =>
    new HttpClientError.RequestError({ request, reason: "InvalidUrl", description })

  const parsed = (request: Request): Addressed | HttpClientError.RequestError => {
    const url = origin.parseProtected(request.url)
    if (Either.isLeft(url)) return invalid(request, url.left)
    const sessionHeader = headers.get(url.right.origin)
    // Sent as it was read: on a web page the transport would complete some spellings with the page's own address.
    return sessionHeader === undefined
      ? invalid(request, "this origin may not receive credentials")
      : { request: HttpClientRequest.setUrl(request, url.right.href), sessionHeader }
  }

  return (request) => {
    const { url } = request
    if (isRelative(url)) {
      return base === undefined || atBase === undefined
        ? invalid(request, "baseUrl may not receive credentials")
        : { request: HttpClientRequest.setUrl(request, base.href + url), sessionHeader: atBase }
    }
    for (const { root, sessionHeader } of roots) {
      // What starts with an origin and a slash is of that origin; all other spellings are left to the parser.
      if (url.slice(0, root.length) === root) return { request, sessionHeader }
    }
    return parsed(request)
  }
}
