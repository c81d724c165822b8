import * as Effect from "effect/Effect"
import { CredentialsError, EndpointError, OAuthError, SessionError } from "../../AuthError.js"
import { flaw, oddity } from "../secrets/suppliedText.js"
import type { EndpointFailure } from "./failure.js"
import { refusesApp, sessionRefusalPasses } from "./verdict.js"

/**
 * A part of the credentials, as the program supplied it.
 *
 * @internal
 */
export interface Part {
  readonly name: string
  readonly text: string
}

const first = (parts: ReadonlyArray<Part>, of: (text: string) => string | undefined): string | undefined => {
  for (const { name, text } of parts) {
    const found = of(text)
    if (found !== undefined) return `the ${name} ${found}`
  }
  return undefined
}

/** Whether a failure may have its cause in the credentials that the program supplied. */
const blames = (error: EndpointFailure): boolean =>
  error._tag === "SessionError" ? !sessionRefusalPasses(error) : refusesApp(error)

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
 * Refuses credentials that cannot be meant before anything is sent. Those that may be meant, but rarely are, are warned of
 * once per client, and noted in the error if the platform refuses them.
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
