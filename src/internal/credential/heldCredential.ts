import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { unsafeMonotonicMillis } from "../endpoint/pause.js"
import { Published } from "./fastPath.js"
import { type Held, isSame, type Token } from "./held.js"
import type { LayerFibers } from "./layerFibers.js"
import * as observation from "./observation.js"
import * as signal from "./signal.js"
import type { Acquisition, Ready, State } from "./state.js"
import * as state from "./state.js"

/** How often a token at its end is asked for again. */
const askAgainAfter = "250 millis"

/**
 * One credential, acquired when it is needed and shared by all who need it.
 *
 * @internal
 */
export interface HeldCredential<T extends Token, E> {
  /** What is held, expired or not. */
  readonly published: Published<T>
  readonly get: Effect.Effect<T, E>
  /** Forgets this credential if it is held; says whether it did. An acquisition under way learns that it was refused. */
  readonly invalidate: (token: T) => Effect.Effect<boolean>
  /** Replaces one credential by another, if it is still held and no renewal is under way; says whether it did. */
  readonly replace: (held: Held<T>, next: Held<T>) => Effect.Effect<boolean>
  /** Holds a credential that came unasked, unless one is held that ends no earlier; says whether it does. */
  readonly offer: (held: Held<T>) => Effect.Effect<boolean>
  /** Forgets the credential and hands it over, once an acquisition under way has settled. */
  readonly take: Effect.Effect<Option.Option<Held<T>>>
}

/** @internal */
export interface Options<T, E> {
  readonly fibers: LayerFibers
  readonly acquire: Effect.Effect<Held<T>, E>
  /** How long before its end a successor is looked for, in milliseconds. */
  readonly margin: number
  /** How long an acquisition is waited for. It ends by itself before; a runtime may have dropped its fiber. */
  readonly deadline: Duration.Duration
  /** Whether acquiring once more does no harm: so it is for a token, not for a login. */
  readonly isRepeatable: boolean
  /** What callers fail with when an acquisition has not settled by its deadline. */
  readonly silent: E
  /** What callers fail with once the layer has closed. */
  readonly closed: E
}

/** @internal */
export const make = <T extends Token, E>(
  options: Options<T, E>
): Effect.Effect<HeldCredential<T, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { acquire, closed, fibers, isRepeatable, margin, silent } = options
    const deadlineMillis = Duration.toMillis(options.deadline)
    const ref = yield* Ref.make<State<T, E>>(state.empty())
    const published = new Published<T>()
    let latest: State<T, E> = state.empty()
    published.observed = { subject: ref, observe: (now) => observation.of(latest, now) }

    /** Every change is one step through here, and publishes what the hot path reads. */
    const transition = <A>(
      f: (current: State<T, E>, now: number, clock: Clock.Clock) => readonly [A, State<T, E>]
    ): Effect.Effect<A> =>
      Effect.clockWith((clock) =>
        Ref.modify(ref, (current) => {
          const [result, next] = f(current, clock.unsafeCurrentTimeMillis(), clock)
          latest = next
          published.held = next._tag === "Ready" ? next.held : undefined
          published.lead = next._tag === "Ready" && next.renewal === "Pending" ? margin : 0
          if (next !== current) signal.touch(ref)
          return [result, next]
        })
      )

    const settle = (acquisition: Acquisition<T, E> | undefined, exit: Exit.Exit<Held<T>, E>): Effect.Effect<void> =>
      transition((current, now) => [undefined, state.settled(current, acquisition, exit, now, margin)])

    /**
     * Asks again for what the platform is about to replace, for half of the deadline. A token that it hands out after its
     * end lives longer than it says, and is kept until it is refused.
     */
    const acquireUntil = (until: number): Effect.Effect<Held<T>, E> =>
      Effect.flatMap(acquire, (held) =>
        Effect.flatMap(
          transition((current, now, clock) => {
            const [objection, next] = state.objection(current, held, now)
            const isPatient = isRepeatable && unsafeMonotonicMillis(clock) < until
            if (objection === "AtOnce" || (objection === "Soon" && isPatient)) return [objection, next]
            if (isRepeatable && current._tag === "Acquiring" && held.expiresAt <= now) {
              held.expiresAt = Number.POSITIVE_INFINITY
            }
            return [undefined, next]
          }),
          (objection) => {
            if (objection === undefined) return Effect.succeed(held)
            const again = Effect.suspend(() => acquireUntil(until))
            return objection === "Soon" ? Effect.delay(again, askAgainAfter) : again
          }
        )
      )

    /** The acquisition belongs to the layer; its spans only link to those of the caller. */
    const start = (caller: Fiber.RuntimeFiber<unknown, unknown>, clock: Clock.Clock): Acquisition<T, E> | undefined => {
      const now = unsafeMonotonicMillis(clock)
      const acquired = acquireUntil(now + deadlineMillis / 2)
      const linked = caller.currentSpan === undefined ? acquired : Effect.linkSpans(acquired, caller.currentSpan)
      const fiber = fibers.fork(Effect.onExit(linked, (exit) => settle(acquisition, exit)))
      const acquisition: Acquisition<T, E> | undefined =
        fiber === undefined ? undefined : { fiber, deadline: now + deadlineMillis }
      return acquisition
    }

    /** The exit of an acquisition; none if it has not settled by its deadline, or was discarded. */
    const outcome = ({ deadline, fiber }: Acquisition<T, E>): Effect.Effect<Option.Option<Exit.Exit<Held<T>, E>>> =>
      Effect.clockWith((clock) =>
        Effect.map(
          Effect.timeoutOption(Fiber.await(fiber), Math.max(0, deadline - unsafeMonotonicMillis(clock))),
          Option.filter((exit) => !Exit.isInterrupted(exit))
        )
      )

    const interrupt = ({ fiber }: Acquisition<T, E>): Effect.Effect<void> => Fiber.interruptAsFork(fiber, FiberId.none)

    /** Gives up an acquisition, without waiting for it to end. */
    const abandon = (acquisition: Acquisition<T, E>): Effect.Effect<void> =>
      Effect.zipRight(
        transition((current): readonly [undefined, State<T, E>] => {
          const isUnderWay = current._tag === "Acquiring" && current.acquisition === acquisition
          return [undefined, isUnderWay ? state.empty(current.previous) : current]
        }),
        interrupt(acquisition)
      )

    const arrival = (acquisition: Acquisition<T, E>, ifSilent: Effect.Effect<T, E>): Effect.Effect<T, E> =>
      Effect.flatMap(
        outcome(acquisition),
        Option.match({
          onNone: () => (fibers.isClosed() ? Effect.fail(closed) : Effect.zipRight(abandon(acquisition), ifSilent)),
          onSome: Exit.map(({ token }) => token)
        })
      )

    const startAfter = (
      previous: string | undefined,
      caller: Fiber.RuntimeFiber<unknown, unknown>,
      clock: Clock.Clock
    ): readonly [Effect.Effect<T, E>, State<T, E>] => {
      const acquisition = start(caller, clock)
      return acquisition === undefined
        ? [Effect.fail(closed), state.empty(previous)]
        : [arrival(acquisition, Effect.fail(silent)), state.acquiring(acquisition, previous)]
    }

    const obtain = (ifJoinedIsSilent: Effect.Effect<T, E>): Effect.Effect<T, E> =>
      Effect.withFiberRuntime<T, E>((caller) =>
        Effect.flatten(
          transition((current, now, clock): readonly [Effect.Effect<T, E>, State<T, E>] => {
            if (current._tag === "Empty") return startAfter(current.previous, caller, clock)
            if (current._tag === "Acquiring") return [arrival(current.acquisition, ifJoinedIsSilent), current]
            const { held, renewal } = current
            // Another caller may have come first.
            if (published.peek(now) !== undefined) return [Effect.succeed(held.token), current]
            if (now < held.expiresAt) {
              return [Effect.succeed(held.token), { ...current, renewal: start(caller, clock) ?? "Attempted" }]
            }
            return typeof renewal === "string"
              ? startAfter(held.secret, caller, clock)
              : [arrival(renewal, ifJoinedIsSilent), state.acquiring(renewal, held.secret)]
          })
        )
      )

    /** Who has joined a silent acquisition takes it over, once: no caller waits for longer than two deadlines. */
    const obtained = obtain(isRepeatable ? obtain(Effect.fail(silent)) : Effect.fail(silent))

    const get = Effect.clockWith((clock) => {
      const token = published.peek(clock.unsafeCurrentTimeMillis())
      return token === undefined ? obtained : Effect.succeed(token)
    })

    const endRenewal = ({ renewal }: Ready<T, E>): Effect.Effect<void> =>
      typeof renewal === "string" ? Effect.void : interrupt(renewal)

    const take: Effect.Effect<Option.Option<Held<T>>> = Effect.flatten(
      transition((current): readonly [Effect.Effect<Option.Option<Held<T>>>, State<T, E>] => {
        if (current._tag === "Empty") return [Effect.succeedNone, current]
        if (current._tag === "Ready") return [Effect.as(endRenewal(current), Option.some(current.held)), state.empty()]
        const { acquisition } = current
        const settled = Effect.flatMap(
          outcome(acquisition),
          Option.match({ onNone: () => abandon(acquisition), onSome: () => Effect.void })
        )
        return [Effect.zipRight(settled, take), current]
      })
    )

    yield* Effect.addFinalizer(() => transition(() => [undefined, state.empty()]))

    return {
      published,
      get,
      invalidate: (token) =>
        Effect.flatten(
          transition((current): readonly [Effect.Effect<boolean>, State<T, E>] =>
            current._tag === "Ready" && isSame(current.held.token, token)
              ? [Effect.as(endRenewal(current), true), state.empty(current.held.secret)]
              : [Effect.succeed(false), state.refusedSince(current, Redacted.value(token.secret))]
          )
        ),
      replace: (held, next) =>
        transition((current, now) =>
          current._tag === "Ready" && current.held === held && typeof current.renewal === "string"
            ? [true, state.ready(next, now, margin)]
            : [false, current]
        ),
      offer: (held) =>
        transition((current, now) =>
          fibers.isClosed() || (current._tag === "Ready" && current.held.expiresAt >= held.expiresAt)
            ? [false, current]
            : [true, state.ready(held, now, margin)]
        ),
      take
    }
  })
