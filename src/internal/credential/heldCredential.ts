import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { Background } from "./layerFibers.js"
import type { Empty, Flight, Held, Ready, State } from "./state.js"

/** How long the refusals of a credential that was handed back after a refusal are not acted on, in milliseconds. */
const patience = 60_000

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
  /** Whether this is still the one that is held. */
  readonly mayHold: (held: Held<T>) => boolean
  /**
   * Forgets the credential with this secret, if it is the current one and was not handed back; says whether it did. One
   * that is under way and brings it is asked for once more.
   */
  readonly invalidate: (secret: string) => Effect.Effect<boolean>
  /** Puts another in the place of this one, where it is still the one that is held; says whether it did. */
  readonly replace: (held: Held<T>, next: Held<T>) => Effect.Effect<boolean>
  /** Forgets the credential, waiting for the one under way, and hands it over. */
  readonly take: Effect.Effect<Option.Option<Held<T>>>
}

/** @internal */
export interface Options<T, E> {
  readonly background: Background
  readonly acquire: Effect.Effect<Held<T>, E>
  /** How long before it expires a successor is looked for, in milliseconds. */
  readonly margin: number
  /** What callers fail with once the background has closed. */
  readonly closed: E
}

/**
 * A credential that is held for as long as the scope is open.
 *
 * @internal
 */
export const make = <T, E>(options: Options<T, E>): Effect.Effect<Renewable<T, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { acquire, background, closed, margin } = options
    const ref = yield* Ref.make<State<T, E>>({ _tag: "Empty" })
    let published: State<T, E> = yield* Ref.get(ref)

    /** Every change is one step through here, and publishes what the hot path reads. */
    const transition = <A>(f: (state: State<T, E>, now: number) => readonly [A, State<T, E>]): Effect.Effect<A> =>
      Effect.clockWith((clock) =>
        Ref.modify(ref, (state) => {
          const [result, next] = f(state, clock.unsafeCurrentTimeMillis())
          published = next
          return [result, next]
        })
      )

    const ready = (held: Held<T>, now: number): Ready<T, E> => ({
      _tag: "Ready",
      held,
      renewal: now < held.expiresAt - margin ? "Due" : "Settled"
    })

    /** A flight writes its outcome only where the state is still of that flight: otherwise it has been discarded. */
    const land = (flight: Flight<T, E> | undefined, exit: Exit.Exit<Held<T>, E>): Effect.Effect<void> =>
      transition((state, now) => {
        if (state._tag === "Pending" && state.flight === flight) {
          const { refused, refusedMeanwhile } = state
          if (Exit.isFailure(exit))
            return [undefined, refused === undefined ? { _tag: "Empty" } : { _tag: "Empty", refused }]
          const next = ready(exit.value, now)
          const isHandedBack = exit.value.secret === refused || exit.value.secret === refusedMeanwhile
          return [undefined, isHandedBack ? { ...next, handedBackAt: now } : next]
        }
        if (state._tag === "Ready" && state.renewal === flight) {
          if (Exit.isFailure(exit)) return [undefined, { ...state, renewal: "Settled" }]
          const isSame = exit.value.secret === state.held.secret
          return [undefined, isSame ? { ...state, held: exit.value, renewal: "Settled" } : ready(exit.value, now)]
        }
        return [undefined, state]
      })

    /** An answer may have been overtaken by the refusal of what it brings: then another is asked for. */
    const acquireOther = Effect.flatMap(acquire, (held) =>
      published._tag === "Pending" && published.refusedMeanwhile === held.secret ? acquire : Effect.succeed(held)
    )

    /** The flight belongs to the layer; the caller that started it is only linked from its spans. */
    const launch = (
      caller: Fiber.RuntimeFiber<unknown, unknown>,
      before: Effect.Effect<unknown>
    ): Flight<T, E> | undefined => {
      const linked =
        caller.currentSpan === undefined ? acquireOther : Effect.linkSpans(acquireOther, caller.currentSpan)
      const flight: Flight<T, E> | undefined = background.fork(
        Effect.onExit(Effect.zipRight(before, linked), (exit) => land(flight, exit))
      )
      return flight
    }

    const arrival = (flight: Flight<T, E>): Effect.Effect<Held<T>, E> =>
      Effect.flatMap(Fiber.await(flight), (exit) => (Exit.isInterrupted(exit) ? Effect.fail(closed) : exit))

    const arrivalAfter = (flight: Flight<T, E>, now: number): Effect.Effect<Held<T>, E> =>
      Effect.flatMap(arrival(flight), (next) => (now < next.expiresAt ? Effect.succeed(next) : get))

    const depart = (
      caller: Fiber.RuntimeFiber<unknown, unknown>,
      state: Empty<T, E>
    ): readonly [Effect.Effect<Held<T>, E>, State<T, E>] => {
      const flight = launch(caller, state.discarded === undefined ? Effect.void : Fiber.interrupt(state.discarded))
      return flight === undefined
        ? [Effect.fail(closed), state]
        : [arrival(flight), { _tag: "Pending", flight, refused: state.refused }]
    }

    const get: Effect.Effect<Held<T>, E> = Effect.withFiberRuntime<Held<T>, E>((caller) =>
      Effect.flatten(
        transition((state, now): readonly [Effect.Effect<Held<T>, E>, State<T, E>] => {
          switch (state._tag) {
            case "Empty":
              return depart(caller, state)
            case "Pending":
              return [state.early === true ? arrivalAfter(state.flight, now) : arrival(state.flight), state]
            case "Ready": {
              const { held, renewal } = state
              if (now >= held.expiresAt) {
                if (typeof renewal === "string") return depart(caller, { _tag: "Empty" })
                return [arrivalAfter(renewal, now), { _tag: "Pending", flight: renewal, early: true }]
              }
              return renewal !== "Due" || now < held.expiresAt - margin
                ? [Effect.succeed(held), state]
                : [Effect.succeed(held), { ...state, renewal: launch(caller, Effect.void) ?? "Settled" }]
            }
          }
        })
      )
    )

    const discard = ({ renewal }: Ready<T, E>): readonly [Effect.Effect<unknown>, Empty<T, E>] =>
      typeof renewal === "string"
        ? [Effect.void, { _tag: "Empty" }]
        : [Fiber.interrupt(renewal), { _tag: "Empty", discarded: renewal }]

    const isHandedBack = ({ handedBackAt }: Ready<T, E>, now: number): boolean =>
      handedBackAt !== undefined && now >= handedBackAt && now < handedBackAt + patience

    const take: Effect.Effect<Option.Option<Held<T>>> = Effect.flatten(
      transition((state): readonly [Effect.Effect<Option.Option<Held<T>>>, State<T, E>] => {
        if (state._tag === "Empty") return [Effect.succeedNone, state]
        if (state._tag === "Pending") {
          // A flight that was ended before its first turn could not write its outcome itself.
          const landed = Effect.flatMap(Fiber.await(state.flight), (exit) => land(state.flight, exit))
          return [Effect.zipRight(landed, take), state]
        }
        const [ended, empty] = discard(state)
        return [Effect.as(ended, Option.some(state.held)), empty]
      })
    )

    yield* Effect.addFinalizer(() => transition(() => [undefined, { _tag: "Empty" }]))

    return {
      peek: (now) => {
        if (published._tag !== "Ready") return undefined
        const { held, renewal } = published
        return now < (renewal === "Due" ? held.expiresAt - margin : held.expiresAt) ? held : undefined
      },
      current: () => (published._tag === "Ready" ? published.held : undefined),
      get,
      mayHold: ({ secret }) => published._tag === "Ready" && published.held.secret === secret,
      invalidate: (secret) =>
        Effect.flatten(
          transition((state, now): readonly [Effect.Effect<boolean>, State<T, E>] => {
            if (state._tag === "Pending" && state.refused !== secret) {
              return [Effect.succeed(false), { ...state, refusedMeanwhile: secret }]
            }
            if (state._tag !== "Ready" || state.held.secret !== secret || isHandedBack(state, now)) {
              return [Effect.succeed(false), state]
            }
            const [ended, empty] = discard(state)
            return [Effect.as(ended, true), { ...empty, refused: secret }]
          })
        ),
      replace: (held, next) =>
        transition((state, now) =>
          state._tag === "Ready" && state.held === held && typeof state.renewal === "string"
            ? [true, ready(next, now)]
            : [false, state]
        ),
      take
    }
  })
