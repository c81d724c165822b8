import type { Uws } from "../../Credentials.js"
import type { SessionToken } from "../../SessionToken.js"
import { FastPath, type Readable } from "./fastPath.js"

/** @internal */
export interface SessionReadable extends Readable<SessionToken> {
  readonly use: (token: SessionToken, sentAt: number) => void
  /** The user that was read last. */
  readonly user: () => Uws | undefined
}

/**
 * The synchronous methods of a source of sessions.
 *
 * @internal
 */
export class SessionPath extends FastPath<SessionToken> {
  readonly #session: SessionReadable

  constructor(session: SessionReadable) {
    super(session)
    this.#session = session
  }

  /** Whose session a source holds; not known of one of the program's own. */
  static userOf(source: object): Uws | undefined {
    return #session in source ? source.#session.user() : undefined
  }

  unsafeUsed(token: SessionToken, sentAt: number): void {
    if (#session in this) this.#session.use(token, sentAt)
  }
}
