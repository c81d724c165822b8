import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import type { SessionHeader, Settings } from "../../ThingSpaceConfig.js"
import { sessionHeaders, without } from "./headers.js"
import * as origin from "./origin.js"

type Request = HttpClientRequest.HttpClientRequest

/**
 * A request that may carry credentials: its address is complete, and headers that must not travel beside them are gone.
 *
 * @internal
 */
export interface Addressed {
  readonly request: Request
  readonly sessionHeader: SessionHeader
}

/**
 * Completes a request, or refuses it if its origin may not receive credentials.
 *
 * @internal
 */
export type Resolve = (request: Request) => Addressed | HttpClientError.RequestError

const isRelative = (url: string): boolean => url[0] === "/" && url[1] !== "/" && url[1] !== "\\"

const invalid = (request: Request, description: string) =>
  new HttpClientError.RequestError({ request, reason: "InvalidUrl", description })

const isHostOf = (host: string | undefined, request: Request): boolean => {
  const { host: own, port, protocol } = new URL(request.url)
  const withPort = port === "" ? `${own}:${protocol === "https:" ? 443 : 80}` : own
  const named = host?.toLowerCase()
  return named === own || named === withPort
}

/**
 * `carriesSession` says whether a session header of the caller's is to go.
 *
 * @internal
 */
export const make = (settings: Settings, carriesSession: boolean): Resolve => {
  const base = Either.getOrUndefined(origin.parseBase(settings.baseUrl))
  const headers = new Map([...settings.origins].filter(([address]) => Either.isRight(origin.parseProtected(address))))
  const roots = [...headers].map(([address, sessionHeader]) => ({ root: `${address}/`, sessionHeader }))
  const unwanted = carriesSession ? ["cookie", ...sessionHeaders] : ["cookie"]
  const atBase = base === undefined ? undefined : headers.get(base.origin)

  /** Transports check a certificate against a `host` header, and a session of the caller's is not ours to send. */
  const checked = (request: Request, sessionHeader: SessionHeader): Addressed | HttpClientError.RequestError => {
    const { headers } = request
    const isUnwanted = (name: string) => name in headers && name !== sessionHeader
    const isClean = !("host" in headers || unwanted.some(isUnwanted))
    if (isClean) return { request, sessionHeader }
    if ("host" in headers && !isHostOf(headers.host, request)) {
      return invalid(request, "the host header names another host than the URL")
    }
    return { request: without(request, unwanted.filter(isUnwanted)), sessionHeader }
  }

  const parsed = (request: Request): Addressed | HttpClientError.RequestError => {
    const url = origin.parseProtected(request.url)
    if (Either.isLeft(url)) return invalid(request, url.left)
    const sessionHeader = headers.get(url.right.origin)
    // Sent as it was read: on a web page the transport would complete some spellings with the page's own address.
    return sessionHeader === undefined
      ? invalid(request, "this origin may not receive credentials")
      : checked(HttpClientRequest.setUrl(request, url.right.href), sessionHeader)
  }

  return (request) => {
    const { url } = request
    if (isRelative(url)) {
      return base === undefined || atBase === undefined
        ? invalid(request, "baseUrl may not receive credentials")
        : checked(HttpClientRequest.setUrl(request, base.href + url), atBase)
    }
    for (const { root, sessionHeader } of roots) {
      // What starts with an origin and a slash is of that origin; all other spellings are left to the parser.
      if (url.slice(0, root.length) === root) return checked(request, sessionHeader)
    }
    return parsed(request)
  }
}
