import type * as Fiber from "effect/Fiber"

/**
 * A credential and what a request needs of it.
 *
 * @internal
 */
export interface Held<T> {
  readonly token: T
  /** What tells it from another: two tokens are the same where their secrets are. */
  readonly secret: string
  /** The header's value, made once. */
  readonly header: string
  /** From when it is not sent any more, in milliseconds of the clock; a use can move it. */
  expiresAt: number
}

/** @internal */
export type Flight<T, E> = Fiber.RuntimeFiber<Held<T>, E>

/**
 * None held; the next caller starts a flight.
 *
 * @internal
 */
export interface Empty<T, E> {
  readonly _tag: "Empty"
  /** The secret that was refused last. */
  readonly refused?: string
  /** A renewal that was under way when its predecessor was refused: it is ended before another flight starts. */
  readonly discarded?: Flight<T, E>
}

/**
 * A flight is under way; callers wait for its exit.
 *
 * @internal
 */
export interface Pending<T, E> {
  readonly _tag: "Pending"
  readonly flight: Flight<T, E>
  readonly refused?: string | undefined
  /** The secret that was refused last since the flight took off, which may bring it all the same. */
  readonly refusedMeanwhile?: string
  /** It took off before the predecessor had expired, so it may bring the same credential again. */
  readonly early?: true
}

/**
 * One is held.
 *
 * @internal
 */
export interface Ready<T, E> {
  readonly _tag: "Ready"
  readonly held: Held<T>
  /** `Due` once the margin begins, then the flight that looks for a successor, then `Settled` until it has expired. */
  readonly renewal: "Due" | "Settled" | Flight<T, E>
  /** When it was handed back although it had been refused: asking again at once would bring it back again. */
  readonly handedBackAt?: number
}

/**
 * The state of a held credential.
 *
 * @internal
 */
export type State<T, E> = Empty<T, E> | Pending<T, E> | Ready<T, E>
