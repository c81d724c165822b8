import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { CredentialsError } from "../../AuthError.js"
import type { App } from "../../Credentials.js"

type Supplied = Effect.Effect<App, CredentialsError>

/** A property of its own, so that a wrapper made by a spread keeps it: that is of the same application. */
const key = Symbol.for("effect-thingspace-auth/application")

/** Nothing that prints the source prints what is in here. */
class Application {
  readonly #supplied: Supplied

  constructor(supplied: Supplied) {
    this.#supplied = supplied
  }

  get supplied(): Supplied {
    return this.#supplied
  }
}

/**
 * What a source of tokens is given, for accounts over it to share under that application's secret.
 *
 * @internal
 */
export const bring = (supplied: Supplied): object => ({ [key]: new Application(supplied) })

/**
 * The application of a source of tokens; none if the source is of another kind.
 *
 * @internal
 */
export const of = (source: object): Option.Option<Supplied> =>
  Predicate.hasProperty(source, key) && source[key] instanceof Application
    ? Option.some(source[key].supplied)
    : Option.none()

/**
 * What a source that is made of another is given.
 *
 * @internal
 */
export const copied = (source: object): object => Option.match(of(source), { onNone: () => ({}), onSome: bring })
