import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as background from "./background.js"

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

type Flight<T, E> = Fiber.RuntimeFiber<Held<T>, E>

/**
 * The state of a held credential.
 *
 * - `Empty`: none; the next caller starts a flight.
 * - `Pending`: a flight is under way; callers wait for its exit.
 * - `Ready`: there is one. Once its margin has begun, `renewal` is the flight that looks for another; `Settled` means
 *   that looking again before it has expired is of no use.
 */
type State<T, E> =
  | { readonly _tag: "Empty" }
  | { readonly _tag: "Pending"; readonly flight: Flight<T, E> }
  | { readonly _tag: "Ready"; readonly held: Held<T>; readonly renewal: "Due" | "Settled" | Flight<T, E> }

/**
 * One credential, acquired when it is needed and shared by all who need it.
 *
 * @internal
 */
export interface Renewable<T, E> {
  /** The credential, if it can be sent without asking anyone; synchronous, because it is read at every call. */
  readonly peek: (now: number) => Held<T> | undefined
  /** The one that is held, whether it has expired or not. */
  readonly current: () => Held<T> | undefined
  readonly get: Effect.Effect<Held<T>, E>
  /** Forgets the credential with this secret, if it is still the current one; says whether it was. */
  readonly invalidate: (secret: string) => Effect.Effect<boolean>
  /** Forgets the credential, waiting for the one under way, and hands it over. */
  readonly take: Effect.Effect<Option.Option<Held<T>>>
}

/** @internal */
export interface Options<T, E> {
  readonly acquire: Effect.Effect<Held<T>, E>
  /** How long before it expires a successor is looked for, in milliseconds. */
  readonly margin: number
  /** What callers fail with once the scope has closed. */
  readonly closed: E
}

/** @internal */
export const make = <T, E>(options: Options<T, E>): Effect.Effect<Renewable<T, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { fork } = yield* background.make
    const empty: State<T, E> = { _tag: "Empty" }
    const ref = yield* Ref.make<State<T, E>>(empty)
    let published: State<T, E> = empty

    /** Every change goes through here; the hot path reads what it publishes. */
    const transition = <A>(f: (state: State<T, E>) => readonly [A, State<T, E>]): Effect.Effect<A> =>
      Ref.modify(ref, (state) => {
        const [result, next] = f(state)
        published = next
        return [result, next]
      })

    const ready = (held: Held<T>, now: number): State<T, E> => ({
      _tag: "Ready",
      held,
      renewal: now < held.expiresAt - options.margin ? "Due" : "Settled"
    })

    /** A flight writes its outcome only where the state still is of that flight: otherwise it has been discarded. */
    const land = (flight: () => Flight<T, E> | undefined, now: number, exit: Exit.Exit<Held<T>, E>) =>
      transition((state) => {
        if (state._tag === "Pending" && state.flight === flight()) {
          return [undefined, Exit.isSuccess(exit) ? ready(exit.value, now) : empty]
        }
        if (state._tag === "Ready" && state.renewal === flight()) {
          const renewed = Exit.isSuccess(exit) && exit.value.secret !== state.held.secret
          return [
            undefined,
            renewed
              ? ready(exit.value, now)
              : { ...state, held: Exit.isSuccess(exit) ? exit.value : state.held, renewal: "Settled" }
          ]
        }
        return [undefined, state]
      })

    const launch = (caller: Effect.Effect<Held<T>, E>): Flight<T, E> | undefined => {
      let flight: Flight<T, E> | undefined
      flight = fork(
        Effect.onExit(caller, (exit) =>
          Effect.flatMap(Effect.clock, (clock) => land(() => flight, clock.unsafeCurrentTimeMillis(), exit))
        )
      )
      return flight
    }

    const arrival = (flight: Flight<T, E> | undefined): Effect.Effect<Held<T>, E> =>
      flight === undefined
        ? Effect.fail(options.closed)
        : Effect.flatMap(Fiber.await(flight), (exit) => (Exit.isInterrupted(exit) ? Effect.fail(options.closed) : exit))

    const get = Effect.clockWith((clock) =>
      Effect.withFiberRuntime<Held<T>, E>((caller) => {
        const linked =
          caller.currentSpan === undefined ? options.acquire : Effect.linkSpans(options.acquire, caller.currentSpan)
        return Effect.flatten(
          transition((state): readonly [Effect.Effect<Held<T>, E>, State<T, E>] => {
            if (state._tag === "Pending") return [arrival(state.flight), state]
            const now = clock.unsafeCurrentTimeMillis()
            if (state._tag === "Ready" && now < state.held.expiresAt) {
              if (state.renewal !== "Due" || now < state.held.expiresAt - options.margin) {
                return [Effect.succeed(state.held), state]
              }
              return [Effect.succeed(state.held), { ...state, renewal: launch(linked) ?? "Settled" }]
            }
            const underway = state._tag === "Ready" && typeof state.renewal !== "string" ? state.renewal : undefined
            const flight = underway ?? launch(linked)
            return [arrival(flight), flight === undefined ? empty : { _tag: "Pending", flight }]
          })
        )
      })
    )

    const forget = (state: State<T, E>): Effect.Effect<void> =>
      state._tag === "Ready" && typeof state.renewal !== "string"
        ? Effect.asVoid(Fiber.interrupt(state.renewal))
        : Effect.void

    const take: Effect.Effect<Option.Option<Held<T>>> = Effect.flatten(
      transition((state) => {
        switch (state._tag) {
          case "Empty":
            return [Effect.succeedNone, state]
          case "Pending":
            return [
              Effect.zipRight(
                Fiber.await(state.flight),
                Effect.suspend(() => take)
              ),
              state
            ]
          case "Ready":
            return [Effect.as(forget(state), Option.some(state.held)), empty]
        }
      })
    )

    return {
      peek: (now) => {
        if (published._tag !== "Ready") return undefined
        const { held, renewal } = published
        return now < (renewal === "Due" ? held.expiresAt - options.margin : held.expiresAt) ? held : undefined
      },
      current: () => (published._tag === "Ready" ? published.held : undefined),
      get,
      invalidate: (secret) =>
        Effect.flatten(
          transition((state) =>
            state._tag === "Ready" && state.held.secret === secret
              ? [Effect.as(forget(state), true), empty]
              : [Effect.succeed(false), state]
          )
        ),
      take
    }
  })
