import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as rendering from "./rendering.js"
import { type Finding, type Mark, type Output, search } from "./search.js"
import * as telemetry from "./telemetry.js"
import { Watch } from "./watch.js"

export { Watch }

export interface Report<A, E> {
  readonly exit: Exit.Exit<A, E>
  readonly outputs: ReadonlyArray<Output>
  readonly marks: ReadonlyArray<Mark>
  readonly findings: ReadonlyArray<Finding>
}

/** Runs a program under all telemetry there is, prints its end in every way, and searches everything that came out. */
export const watch = <A, E>(
  program: Effect.Effect<A, E, Watch>,
  kit: telemetry.Kit = "sdk"
): Effect.Effect<Report<A, E>> =>
  Effect.gen(function* () {
    const outputs = new Map<string, Output>()
    const marks = new Map<string, Mark>()
    const note: telemetry.Note = (source, text) => void outputs.set(`${source} ${text}`, { source, text })
    const mark = (all: ReadonlyArray<Mark>) => {
      for (const one of all) marks.set(one.secret, one)
    }
    const exit = yield* program.pipe(
      Effect.tapErrorCause((cause) => Effect.logError("The scenario has failed", cause)),
      Effect.provideService(Watch, { mark, note }),
      Effect.withSpan("scenario"),
      Effect.withLogSpan("scenario"),
      Effect.annotateLogs("scenario", "watched"),
      Effect.provide(telemetry.layer(note, kit)),
      Effect.exit
    )
    for (const text of rendering.ofExit(exit)) note("exit", text)
    const all = [...outputs.values()]
    const secrets = [...marks.values()]
    return { exit, outputs: all, marks: secrets, findings: search(all, secrets) }
  })

/** The same, for a program that must reach its end, be heard everywhere and show nothing. */
export const showsNothing = <A, E>(program: Effect.Effect<A, E, Watch>, kit: telemetry.Kit = "sdk") =>
  Effect.map(watch(program, kit), ({ exit, findings, marks, outputs }) => {
    if (Exit.isFailure(exit)) throw new Error(Cause.pretty(exit.cause))
    assert.isNotEmpty(marks)
    assert.includeMembers([...new Set(outputs.map(({ source }) => source))], [...telemetry.sources(kit)])
    const shown = findings.map(
      ({ excerpt, form, secret, source }) => `${source} shows the ${secret} (${form}): ${excerpt}`
    )
    assert.deepStrictEqual([...new Set(shown)].slice(0, 5), [])
    return exit.value
  })

const print = (source: string, texts: ReadonlyArray<string>) =>
  Effect.map(Watch, ({ note }) => {
    for (const text of texts) note(source, text)
  })

/** Prints a value that a program holds, as a debugger would. */
export const holds = (source: string, value: unknown): Effect.Effect<void, never, Watch> =>
  print(source, rendering.ofObject(value))

/** Prints a value that a program gets, and logs it and traces it as programs do. */
export const gets = <A, E, R>(source: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Watch> =>
  Effect.tap(effect, (value) =>
    Effect.zipRight(
      print(source, rendering.ofValue(value)),
      Effect.logInfo("got", value).pipe(
        Effect.annotateLogs("value", value),
        Effect.withSpan("got", { attributes: { value } })
      )
    )
  )

/** Has a call fail, die or be interrupted, and prints its end in every way; the call may not succeed. */
export const ends = <A, E, R>(
  source: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Cause.Cause<E>, A, R | Watch> =>
  Effect.gen(function* () {
    const cause = yield* Effect.flip(Effect.sandbox(Effect.withSpan(effect, source)))
    const error = Cause.squash(cause)
    yield* print(source, [...rendering.ofExit(Exit.failCause(cause)), ...rendering.ofError(error)])
    yield* Effect.logError(source, cause)
    yield* Effect.logError(error).pipe(
      Effect.annotateLogs("error", error),
      Effect.withSpan("failed", { attributes: { error } })
    )
    return cause
  })

/** The same for a call that must fail; gives its error. */
export const fails = <A, E, R>(source: string, effect: Effect.Effect<A, E, R>): Effect.Effect<E, A, R | Watch> =>
  Effect.flatMap(ends(source, effect), (cause) => Effect.flip(Effect.failCause(cause)))
