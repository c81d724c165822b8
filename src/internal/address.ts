import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import type { SessionHeader, Settings } from "../ThingSpaceConfig.js"
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
export type Resolve = (
  request: HttpClientRequest.HttpClientRequest
) => Either.Either<Addressed, HttpClientError.RequestError>

const isRelative = (url: string): boolean => url[0] === "/" && url[1] !== "/" && url[1] !== "\\"

/** @internal */
export const make = (settings: Settings): Resolve => {
  const base = Either.getOrUndefined(origin.parseBase(settings.baseUrl))
  const allowed = [...settings.origins].filter(([address]) => Either.isRight(origin.parseProtected(address)))
  const headers = new Map(allowed)
  const atBase = base === undefined ? undefined : headers.get(base.origin)

  type Request = HttpClientRequest.HttpClientRequest

  const checked = (request: Request): Either.Either<Addressed, string> => {
    const { url } = request
    for (const [address, sessionHeader] of allowed) {
      // What starts with an origin and a slash is of that origin; all other spellings are left to the parser.
      if (url.length > address.length && url[address.length] === "/" && url.startsWith(address)) {
        return Either.right({ request, sessionHeader })
      }
    }
    return Either.flatMap(origin.parseProtected(url), (parsed) => {
      const sessionHeader = headers.get(parsed.origin)
      // Sent as it was read: on a web page the transport would complete some spellings with the page's own address.
      return sessionHeader === undefined
        ? Either.left("this origin may not receive credentials")
        : Either.right({ request: HttpClientRequest.setUrl(request, parsed.href), sessionHeader })
    })
  }

  const invalid = (request: Request, description: string) =>
    new HttpClientError.RequestError({ request, reason: "InvalidUrl", description })

  return (request) => {
    if (isRelative(request.url)) {
      return base === undefined || atBase === undefined
        ? Either.left(invalid(request, "baseUrl may not receive credentials"))
        : Either.right({
            request: HttpClientRequest.setUrl(request, base.href + request.url),
            sessionHeader: atBase
          })
    }
    return Either.mapLeft(checked(request), (problem) => invalid(request, problem))
  }
}
