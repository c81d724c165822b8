import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
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
    const init = requestInit(fiber.currentContext)
    const stays = follows(init)
      ? Effect.locally(
          call,
          FiberRef.currentContext,
          Context.add(fiber.currentContext, FetchHttpClient.RequestInit, { ...init, redirect: "manual" })
        )
      : call
    const present = fiber.getFiberRef(Headers.currentRedactedNames)
    const redacted = addNames(present, names)
    return redacted === present ? stays : Effect.locally(stays, Headers.currentRedactedNames, redacted)
  })
