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

  const sessionHeader = (url: string): Either.Either<SessionHeader, string> => {
    for (const [address, header] of allowed) {
      // What starts with an origin and a slash is of that origin; all other spellings are left to the parser.
      if (url.length > address.length && url[address.length] === "/" && url.startsWith(address)) {
        return Either.right(header)
      }
    }
    return Either.flatMap(origin.parseProtected(url), (parsed) =>
      Either.fromNullable(headers.get(parsed.origin), () => "this origin may not receive credentials")
    )
  }

  const invalid = (request: HttpClientRequest.HttpClientRequest, description: string) =>
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
    return Either.mapBoth(sessionHeader(request.url), {
      onLeft: (problem) => invalid(request, problem),
      onRight: (header) => ({ request, sessionHeader: header })
    })
  }
}
