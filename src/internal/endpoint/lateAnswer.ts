import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** How long an answer is listened for after the call's deadline. */
const listening = Duration.minutes(2)

/**
 * Runs a call that fails for its caller at the deadline but goes on for two minutes; `onLateAnswer` is told what it then
 * says. Closing the scope, if there is one, ends the listening. Interrupting the caller before the deadline ends the call.
 *
 * @internal
 */
export const listen = <A, E>(
  call: Effect.Effect<A, E>,
  options: {
    readonly deadline: Duration.DurationInput
    readonly onDeadline: () => E
    readonly onLateAnswer: (exit: Exit.Exit<A, E>) => Effect.Effect<void>
    readonly scope: Option.Option<Scope.Scope>
  }
): Effect.Effect<A, E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkDaemon(Effect.interruptible(call))
      const inTime = yield* restore(Effect.timeoutOption(Fiber.await(fiber), options.deadline)).pipe(
        Effect.onInterrupt(() => Fiber.interruptFork(fiber))
      )
      if (Option.isSome(inTime)) return yield* inTime.value
      const late = Fiber.await(fiber).pipe(
        Effect.timeoutOption(listening),
        Effect.flatMap(
          Option.match({
            onNone: () => Effect.void,
            onSome: (exit) => (Exit.isInterrupted(exit) ? Effect.void : options.onLateAnswer(exit))
          })
        ),
        Effect.ensuring(Fiber.interruptFork(fiber)),
        Effect.interruptible
      )
      yield* Option.match(options.scope, {
        onNone: () => Effect.forkDaemon(late),
        onSome: (scope) => Effect.forkIn(late, scope)
      })
      return yield* Effect.fail(options.onDeadline())
    })
  )
