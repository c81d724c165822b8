import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as headers from "./headers.js"

/** @internal */
export type RedactedNames = ReadonlyArray<string | RegExp>

/**
 * The headers that carry a secret in requests or in answers, on top of those that the platform package redacts.
 *
 * @internal
 */
export const credentialHeaders: RedactedNames = [...headers.credentialHeaders, "cookie", "set-cookie"]

/**
 * For the authentication calls: the header in which a revoked token comes back has no documented name.
 *
 * @internal
 */
export const everyHeader: RedactedNames = [/^/]

const follows = (init: RequestInit | undefined): boolean => init?.redirect !== "manual" && init?.redirect !== "error"

const requestInit = (context: Context.Context<never>): RequestInit | undefined =>
  context.unsafeMap.get(FetchHttpClient.RequestInit.key)

/**
 * What fetch is told where this is run, with redirects not followed.
 *
 * @internal
 */
export const stayingInit: Effect.Effect<RequestInit> = Effect.contextWith((context: Context.Context<never>) => {
  const init = requestInit(context)
  return init !== undefined && !follows(init) ? init : { ...init, redirect: "manual" }
})

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

/** The latest names that were found to cover every header with a secret: compared by identity, at every call. */
let complete: RedactedNames = credentialHeaders

const namesAll = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean => {
  const present = fiber.getFiberRef(Headers.currentRedactedNames)
  if (present !== complete && addNames(present, credentialHeaders) === present) complete = present
  return present === complete
}

/** Nothing beneath a client that is known prints headers but the tracer. */
const tracesNothing = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  !fiber.getFiberRef(FiberRef.currentTracerEnabled) || namesAll(fiber)

/** Whether whatever this fiber calls with credentials needs no guard. Asked at every call. */
type IsSafe = (fiber: Fiber.RuntimeFiber<unknown, unknown>) => boolean

const lookups: Readonly<Record<FollowsNone, IsSafe>> = {
  always: tracesNothing,
  unlessTold: (fiber) => {
    const init = requestInit(fiber.currentContext)
    return (init === undefined || !follows(init)) && tracesNothing(fiber)
  }
}

const lookup: IsSafe = (fiber) => !follows(requestInit(fiber.currentContext)) && namesAll(fiber)

/**
 * How a client that follows no redirect is known: `always`, or `unlessTold` by a `RequestInit` around the call.
 *
 * It stands on the client itself, hidden from enumeration, so that an operator such as `HttpClient.mapRequest`, which
 * makes another client and could change anything, makes one that is not known.
 */
type FollowsNone = "always" | "unlessTold"

const FollowsNone: unique symbol = Symbol.for("effect-thingspace-auth/FollowsNone")

/**
 * A client that does what this one does, and is known to follow no redirect.
 *
 * @internal
 */
export const followingNone = <E, R>(
  { execute }: HttpClient.HttpClient.With<E, R>,
  how: FollowsNone
): HttpClient.HttpClient.With<E, R> =>
  Object.defineProperty(
    Object.assign(HttpClient.makeWith<never, never, E, R>(Effect.flatMap(execute), Effect.succeed), { execute }),
    FollowsNone,
    { value: how }
  )

/** @internal */
export const safeFor = (client: HttpClient.HttpClient.With<unknown, unknown>): IsSafe => {
  const how: unknown = Reflect.get(client, FollowsNone)
  return how === "always" || how === "unlessTold" ? lookups[how] : lookup
}
