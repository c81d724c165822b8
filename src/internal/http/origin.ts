import * as Either from "effect/Either"

/** @internal */
export interface Base {
  readonly origin: string
  /** Without a slash at its end, so that a path can follow. */
  readonly href: string
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

const isProtected = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && loopback.test(url.hostname))

const parse = (address: string): Either.Either<URL, string> => {
  try {
    return Either.right(new URL(address))
  } catch {
    return Either.left("not an absolute URL")
  }
}

/**
 * The URL, if credentials may travel to it at all: encrypted or on this machine, and with no username in it.
 *
 * @internal
 */
export const parseProtected = (address: string): Either.Either<URL, string> =>
  Either.filterOrLeft(
    Either.filterOrLeft(
      parse(address),
      (url) => url.username === "" && url.password === "",
      () => "the URL holds a username or password"
    ),
    isProtected,
    () => "credentials travel over https only, or over http to a loopback address"
  )

/** @internal */
export const parseBase = (address: string): Either.Either<Base, string> =>
  Either.map(
    Either.filterOrLeft(
      parseProtected(address),
      (url) => url.search === "" && url.hash === "",
      () => "the URL holds a query or a fragment"
    ),
    (url) => ({ origin: url.origin, href: `${url.origin}${url.pathname}`.replace(/\/+$/, "") })
  )
