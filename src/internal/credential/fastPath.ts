import type { Uws } from "../../Credentials.js"
import type { SessionToken } from "../../SessionToken.js"
import { type Held, isSame, isSendable, type Token } from "./held.js"
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
 * A credential as calls read it: each change of its state is published here.
 *
 * @internal
 */
export class Published<T extends Token> implements Readable<T> {
  held: Held<T> | undefined
  /** How long before its end it is no longer handed out unasked, in milliseconds. */
  lead = 0
  observed: Observed<T> | undefined

  peek(now: number): T | undefined {
    return this.held !== undefined && now < this.held.expiresAt - this.lead ? this.held.token : undefined
  }

  isCurrent(token: T): boolean {
    return this.held !== undefined && isSame(this.held.token, token)
  }

  /** Moves the end of this credential to a later time, if it is the one that is held. */
  extend(token: T, expiresAt: number): Held<T> | undefined {
    const { held } = this
    if (held === undefined || expiresAt < held.expiresAt) return undefined
    if (held.token !== token && !isSame(held.token, token)) return undefined
    held.expiresAt = expiresAt
    return held
  }
}

/**
 * The uses of a session: each moves its end, and begins another silence.
 *
 * @internal
 */
export class Uses {
  /** Counts the silences; a login begins one too. */
  silence = 0
  /** Earlier uses than this, in milliseconds of the clock, change nothing else, and nobody is told of them. */
  toldFrom = Number.NEGATIVE_INFINITY
  /** Is told of a use. */
  readonly tell: (session: Held<SessionToken>, sentAt: number) => void
  readonly #published: Published<SessionToken>
  readonly #idleMillis: number

  constructor(published: Published<SessionToken>, idleMillis: number, tell: Uses["tell"]) {
    this.#published = published
    this.#idleMillis = idleMillis
    this.tell = tell
  }

  add(token: SessionToken, sentAt: number): void {
    const session = this.#published.extend(token, sentAt + this.#idleMillis)
    if (session === undefined) return
    this.silence += 1
    if (sentAt >= this.toldFrom) this.tell(session, sentAt)
  }
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

/** @internal */
export class SessionPath extends FastPath<SessionToken> {
  readonly #uses: Uses | undefined
  readonly #user: () => Uws | undefined

  constructor(session: Readable<SessionToken>, uses?: Uses, user: () => Uws | undefined = () => undefined) {
    super(session)
    this.#uses = uses
    this.#user = user
  }

  /** Whose session a source holds, as it was read last; not known of one of the program's own. */
  static userOf(source: object): Uws | undefined {
    return #user in source ? source.#user() : undefined
  }

  unsafeUsed(token: SessionToken, sentAt: number): void {
    if (#uses in this) this.#uses?.add(token, sentAt)
  }
}

/**
 * A credential that does not change.
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
