import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { Held } from "./held.js"

/**
 * A fiber that acquires a credential, and until when it is awaited.
 *
 * @internal
 */
export interface Acquisition<T, E> {
  readonly fiber: Fiber.RuntimeFiber<Held<T>, E>
  /** In milliseconds of the monotonic clock. */
  readonly deadline: number
}

/**
 * None is held; the next caller starts an acquisition.
 *
 * @internal
 */
export interface Empty {
  readonly _tag: "Empty"
  /** The secret that was refused last. */
  readonly previous: string | undefined
}

/**
 * An acquisition is under way; callers await its exit.
 *
 * @internal
 */
export interface Acquiring<T, E> {
  readonly _tag: "Acquiring"
  readonly acquisition: Acquisition<T, E>
  /** The secret that was refused, or that expired, before. */
  readonly previous: string | undefined
  /** The secret that was refused last since the acquisition started, whose answer may be older than that refusal. */
  readonly refusedSince: string | undefined
}

/**
 * One is held.
 *
 * @internal
 */
export interface Ready<T, E> {
  readonly _tag: "Ready"
  readonly held: Held<T>
  /** When this process got it, in milliseconds of the clock. */
  readonly since: number
  /** `Pending` until the margin begins, then the acquisition of a successor, then `Attempted` until the end. */
  readonly renewal: "Pending" | "Attempted" | Acquisition<T, E>
}

/**
 * The state of a held credential.
 *
 * @internal
 */
export type State<T, E> = Empty | Acquiring<T, E> | Ready<T, E>

/** @internal */
export const empty = (previous?: string): Empty => ({ _tag: "Empty", previous })

/** @internal */
export const acquiring = <T, E>(acquisition: Acquisition<T, E>, previous: string | undefined): Acquiring<T, E> => ({
  _tag: "Acquiring",
  acquisition,
  previous,
  refusedSince: undefined
})

/** @internal */
export const ready = <T>(held: Held<T>, now: number, margin: number): Ready<T, never> => ({
  _tag: "Ready",
  held,
  since: now,
  renewal: now < held.expiresAt - margin ? "Pending" : "Attempted"
})

/**
 * What an acquisition leads to; nothing if it has been discarded meanwhile.
 *
 * @internal
 */
export const settled = <T, E>(
  state: State<T, E>,
  acquisition: Acquisition<T, E> | undefined,
  exit: Exit.Exit<Held<T>, E>,
  now: number,
  margin: number
): State<T, E> => {
  if (state._tag === "Acquiring" && state.acquisition === acquisition) {
    return Exit.isSuccess(exit) ? ready(exit.value, now, margin) : empty(state.previous)
  }
  if (state._tag === "Ready" && state.renewal === acquisition) {
    if (Exit.isFailure(exit)) return { ...state, renewal: "Attempted" }
    const next = ready(exit.value, now, margin)
    return exit.value.secret === state.held.secret ? { ...next, since: state.since, renewal: "Attempted" } : next
  }
  return state
}

/** A token that is handed out again at its end outlives it by less, and is replaced soon; in milliseconds. */
const atItsEnd = 2000

/**
 * Whether to ask again in place of what an acquisition has brought: at once if that was refused while the answer was on
 * its way, `Soon` if it was refused or has expired before, but is about to be replaced.
 *
 * @internal
 */
export const objection = <T, E>(
  state: State<T, E>,
  held: Held<T>,
  now: number
): readonly ["AtOnce" | "Soon" | undefined, State<T, E>] => {
  if (state._tag !== "Acquiring") return [undefined, state]
  if (held.secret === state.refusedSince) return ["AtOnce", acquiring(state.acquisition, held.secret)]
  return [held.secret === state.previous && held.expiresAt - now <= atItsEnd ? "Soon" : undefined, state]
}

/**
 * An acquisition under way is told of a refusal, unless it started because of it.
 *
 * @internal
 */
export const refusedSince = <T, E>(state: State<T, E>, secret: string): State<T, E> =>
  state._tag === "Acquiring" && state.previous !== secret ? { ...state, refusedSince: secret } : state
