import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"

/** @internal */
export type RedactedNames = ReadonlyArray<string | RegExp>

/**
 * The headers that carry a secret in requests or in answers, on top of those that the platform package redacts.
 *
 * @internal
 */
export const credentialHeaders: RedactedNames = [
  "authorization",
  "vz-m2m-token",
  "sessiontoken",
  "cookie",
  "set-cookie"
]

/**
 * For the authentication calls: the header in which a revoked token comes back has no documented name.
 *
 * @internal
 */
export const everyHeader: RedactedNames = [/^/]

const follows = (init: RequestInit | undefined): boolean => init?.redirect !== "manual" && init?.redirect !== "error"

const requestInit = (context: Context.Context<never>): RequestInit | undefined =>
  context.unsafeMap.get(FetchHttpClient.RequestInit.key)

/** @internal */
export const addNames = (present: RedactedNames, names: RedactedNames): RedactedNames => {
  const missing = names.filter((name) => !present.includes(name))
  return missing.length === 0 ? present : [...present, ...missing]
}

/** Kept, because a context that is set for the first time is hashed, which costs more than setting it. */
const stayingContexts = new WeakMap<Context.Context<never>, Context.Context<never>>()

const staying = (context: Context.Context<never>): Context.Context<never> => {
  const init = requestInit(context)
  if (!follows(init)) return context
  const known = stayingContexts.get(context)
  if (known !== undefined) return known
  const made = Context.add(context, FetchHttpClient.RequestInit, { ...init, redirect: "manual" })
  stayingContexts.set(context, made)
  return made
}

interface Surroundings {
  readonly context: Context.Context<never>
  readonly names: RedactedNames
}

const change = (from: Surroundings, to: Surroundings): Effect.Effect<void> => {
  const setNames = FiberRef.set(Headers.currentRedactedNames, to.names)
  if (from.context === to.context) return setNames
  const setContext = FiberRef.set(FiberRef.currentContext, to.context)
  return from.names === to.names ? setContext : Effect.zipRight(setContext, setNames)
}

/**
 * Runs a call that carries credentials: fetch must not follow a redirect, because it takes all headers but
 * `authorization` and `cookie` along to another origin, and no tracer may record the named headers.
 *
 * It is `RequestInit` that is set, not `Fetch`: a program that gave `FetchHttpClient.layer` a fetch of its own keeps it.
 *
 * @internal
 */
export const guarded = <A, E, R>(call: Effect.Effect<A, E, R>, names: RedactedNames): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => {
    const before = { context: fiber.currentContext, names: fiber.getFiberRef(Headers.currentRedactedNames) }
    const during = { context: staying(before.context), names: addNames(before.names, names) }
    if (during.context === before.context && during.names === before.names) return call
    // Two `Effect.locally` would cost twice as much.
    return Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        change(before, during),
        Effect.flatMap(Effect.exit(restore(call)), (exit) => Effect.zipRight(change(during, before), exit))
      )
    )
  })

/** Those that were last seen to name all that carries a secret. */
let complete: RedactedNames = credentialHeaders

/**
 * Whether whatever this fiber calls is guarded already. Looked up at every call, because it costs a hundredth of
 * guarding.
 *
 * @internal
 */
export const isGuarded = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean => {
  if (follows(requestInit(fiber.currentContext))) return false
  const present = fiber.getFiberRef(Headers.currentRedactedNames)
  if (present !== complete && addNames(present, credentialHeaders) === present) complete = present
  return present === complete
}
