import { isSame, isSendable, type Token } from "./held.js"
import type { Observed } from "./observation.js"

/**
 * What can be said of a credential without an effect.
 *
 * @internal
 */
export interface Readable<T> {
  readonly peek: (now: number) => T | undefined
  readonly isCurrent: (token: T) => boolean
  /** None if the source is one of the program's own. */
  readonly observed: Observed<T> | undefined
}

interface Source<T> {
  readonly isCurrent?: (token: T) => boolean
}

/**
 * The synchronous methods of a source. They are the prototype's, so a wrapper made by a spread leaves them behind, and
 * an object that only inherits them knows nothing: both are asked through their own `get`.
 *
 * @internal
 */
export class FastPath<T> {
  readonly #credential: Readable<T>

  constructor(credential: Readable<T>) {
    this.#credential = credential
  }

  /** What can be seen of the credential of a source; none if that is the program's own, or a wrapper. */
  static observedOf<T>(source: Source<T> | FastPath<T>): Observed<T> | undefined {
    return #credential in source ? source.#credential.observed : undefined
  }

  unsafePeek(now: number): T | undefined {
    return #credential in this ? this.#credential.peek(now) : undefined
  }

  isCurrent(token: T): boolean {
    return #credential in this ? this.#credential.isCurrent(token) : true
  }
}

/**
 * One that does not change.
 *
 * @internal
 */
export const constant = <T extends Token>(token: T): Readable<T> => ({
  peek: () => (isSendable(token) ? token : undefined),
  isCurrent: (other) => isSame(token, other),
  observed: {
    subject: token,
    observe: () => ({ _tag: "Held", token, since: undefined, expiresAt: Number.POSITIVE_INFINITY })
  }
})
