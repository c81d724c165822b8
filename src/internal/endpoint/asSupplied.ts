import * as Effect from "effect/Effect"
import { CredentialsError, EndpointError, OAuthError, SessionError } from "../../AuthError.js"
import type { EndpointFailure } from "./failure.js"
import { authenticatesWithApp, refusesAppBarely, refusesCaller, sessionRefusalPasses } from "./verdict.js"

/**
 * A part of the credentials, as the program supplied it.
 *
 * @internal
 */
export interface Part {
  readonly name: string
  readonly text: string
}

const edges = (text: string): ReadonlyArray<readonly [verb: string, blanks: string]> => [
  ["begins", text.slice(0, text.length - text.trimStart().length)],
  ["ends", text.slice(text.trimEnd().length)]
]

/**
 * Why a text cannot be the credential that was meant: no portal issues one with such an end, and files have it.
 *
 * @internal
 */
export const flaw = (text: string): string | undefined => {
  if (text === "") return "is empty"
  for (const [verb, blanks] of edges(text)) {
    if (/[\n\v\f\r\u2028\u2029]/.test(blanks))
      return `${verb} with a line break, as the text of a mounted file often does`
    if (blanks.includes("\t")) return `${verb} with a tab`
    if (blanks.includes("\uFEFF")) return `${verb} with a byte order mark, as the text of a file may do`
  }
  return undefined
}

/** What may be meant, and often is not. */
const oddity = (text: string): string | undefined => {
  for (const [verb, blanks] of edges(text)) if (blanks !== "") return `${verb} with a blank`
  const [quote] = text
  return text.length > 1 && (quote === '"' || quote === "'") && text.endsWith(quote) ? "stands in quotes" : undefined
}

const first = (parts: ReadonlyArray<Part>, of: (text: string) => string | undefined): string | undefined => {
  for (const { name, text } of parts) {
    const found = of(text)
    if (found !== undefined) return `the ${name} ${found}`
  }
  return undefined
}

/** Whether a failure may have its cause in the credentials that the program supplied. */
const blames = (error: EndpointFailure): boolean => {
  switch (error._tag) {
    case "OAuthError":
      return authenticatesWithApp(error.endpoint) && refusesCaller(error)
    case "SessionError":
      return !sessionRefusalPasses(error)
    case "EndpointError":
      return refusesAppBarely(error)
  }
}

const hinting = (error: EndpointFailure, hint: string): EndpointFailure => {
  switch (error._tag) {
    case "OAuthError":
      return new OAuthError({ ...error, hint })
    case "SessionError":
      return new SessionError({ ...error, hint })
    case "EndpointError":
      return new EndpointError({ ...error, description: hint })
  }
}

/**
 * Runs a call only with credentials that can be meant. What may be meant, and often is not, is warned of once for each
 * client, and said again if the platform refuses the credentials.
 *
 * @internal
 */
export const make = () => {
  const warned = new Set<string>()

  return <A>(
    credentials: CredentialsError["credentials"],
    parts: ReadonlyArray<Part>,
    call: Effect.Effect<A, EndpointFailure>
  ): Effect.Effect<A, EndpointFailure | CredentialsError> => {
    const description = first(parts, flaw)
    if (description !== undefined) return Effect.fail(new CredentialsError({ credentials, description }))
    const hint = first(parts, oddity)
    if (hint === undefined) return call
    const warning = warned.has(hint)
      ? Effect.void
      : Effect.logWarning(`${hint[0]?.toUpperCase()}${hint.slice(1)}, and is sent so`)
    warned.add(hint)
    const hinted = Effect.mapError(call, (error) => (blames(error) ? hinting(error, hint) : error))
    return Effect.zipRight(warning, hinted)
  }
}
