import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import * as signal from "../credential/signal.js"
import { remember } from "./getOrInsert.js"
import { CredentialStoreError, type Service } from "./reference.js"

/** How long one operation may take, in two parts: a process that was stalled gets to read its answer between them. */
const halfDeadline = Effect.sleep("1 second")

/** For how long a store that has failed is not asked again, in milliseconds. */
const pause = 5000

const failures = Metric.counter("thingspace.store.failures", {
  description: "Operations of the credential store that failed, or were not tried because it had just failed",
  incremental: true
})

interface Health {
  /** From when it is asked again after it has failed; `undefined` once it has stored something since. */
  retryAt: number | undefined
}

/** A process has one of each store, however many pipelines use it: one of them finds out, and one of them warns. */
const healths = new WeakMap<Service, Health>()

const late = Effect.zipRight(
  Effect.zipRight(halfDeadline, halfDeadline),
  Effect.fail(new CredentialStoreError({ description: "it did not answer in time" }))
)

const isOwn = Schema.is(CredentialStoreError)

const away = new CredentialStoreError({ description: "it has just failed, and is not asked again yet" })

const reason = (cause: Cause.Cause<CredentialStoreError>): CredentialStoreError => {
  const error = Cause.squash(cause)
  return isOwn(error) ? error : new CredentialStoreError({ description: "an operation died instead of failing" })
}

/** A finalizer cannot be interrupted, by a deadline neither: the operation runs where it can be. */
const ofItsOwn = <A, E>(operation: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(operation)), (fiber) =>
      Effect.onInterrupt(restore(Effect.flatten(Fiber.await(fiber))), () => Fiber.interruptFork(fiber))
    )
  )

/** @internal */
export const isFailing = (store: Service): boolean => healths.get(store)?.retryAt !== undefined

/**
 * A store that can be relied on to answer soon, if only with a failure.
 *
 * @internal
 */
export const bounded = (store: Service): Service => {
  const health = remember(healths, store, () => ({ retryAt: undefined }))

  const failed = (error: CredentialStoreError) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const isNews = health.retryAt === undefined
      health.retryAt = now + pause
      if (isNews) signal.touch(store)
      return isNews
        ? Effect.logWarning("The credential store failed; this process goes on without it", error.description)
        : Effect.void
    })

  const recovered = Effect.suspend(() => {
    if (health.retryAt === undefined) return Effect.void
    health.retryAt = undefined
    signal.touch(store)
    return Effect.logInfo("The credential store works again")
  })

  /** A store that can be read, or grants leases, has not recovered by that: it may be full, or a replica. */
  const attempt = <A>(
    operation: () => Effect.Effect<A, CredentialStoreError>,
    hasStored: (result: A) => boolean = () => false
  ): Effect.Effect<A, CredentialStoreError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const { retryAt } = health
      const isPaused = retryAt !== undefined && now < retryAt && now >= retryAt - pause
      if (isPaused) return Effect.fail(away)
      return ofItsOwn(Effect.raceFirst(Effect.disconnect(Effect.suspend(operation)), late)).pipe(
        Effect.catchAllCause((cause) => {
          if (Cause.isInterruptedOnly(cause)) return Effect.failCause(cause)
          const error = reason(cause)
          return Effect.zipRight(failed(error), Effect.fail(error))
        }),
        Effect.tap((result) => (hasStored(result) ? recovered : Effect.void))
      )
    }).pipe(Effect.tapError(() => Metric.increment(failures)))

  return {
    get: (key) => attempt(() => store.get(key)),
    lease: (key) => attempt(() => store.lease(key)),
    renew: (lease) => attempt(() => store.renew(lease)),
    release: (lease) => attempt(() => store.release(lease)),
    set: (lease, value, timeToLive) => attempt(() => store.set(lease, value, timeToLive), identity),
    extend: (key, version, timeToLive) => attempt(() => store.extend(key, version, timeToLive), identity),
    remove: (key, version) => attempt(() => store.remove(key, version))
  }
}
