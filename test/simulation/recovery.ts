/**
 * What must be felt of trouble once it is over, and for how long.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type { Line } from "./ledger.js"
import { type Api, apis } from "./program.js"
import { type Call, describe, type World } from "./world.js"

const second = 1000

/** Nobody waits longer for an authentication call. */
export const deadline = 10 * second
/** The longest pause that trouble of the login's leaves behind, strikes aside. */
const loginPause = 30 * second
/** The longest that trouble of the token endpoint's leaves behind, and that of an API. */
const longestBackOff = 60 * second
/** A process that has died may have held the lease on what it was about to store. */
const lease = 10 * second
/** What is cut off by a program's end may be answered as late as this, and looked at until then. */
const moment = second

/** What must be answered once all is well, whichever calls come first. */
const healthy: ReadonlyArray<readonly [Api, status: number]> = [
  ["account", 200],
  ["location", 200],
  ["connector", 200],
  ["configuration", 200],
  ["vehicles", 200],
  ["diagnostics", 200],
  ["software", 200],
  ["subscriptions", 200],
  ["forbidden", 403],
  ["edge", 200],
  ["unauthorized", 401],
  ["echo", 200]
]

export const brings = ({ exit }: Call, status = 200): boolean =>
  exit !== undefined && Exit.isSuccess(exit) && exit.value === status

const errorOf = ({ exit }: Call): unknown =>
  exit !== undefined && Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined

/** The guard does not say when to come back. */
export const isBlockedForGood = (call: Call): boolean => {
  const error = errorOf(call)
  return Predicate.hasProperty(error, "_tag") && error._tag === "LoginBlocked" && retryAfterOf(call) === undefined
}

export const retryAfterOf = (call: Call): unknown => {
  const error = errorOf(call)
  return Predicate.hasProperty(error, "retryAfter") ? error.retryAfter : undefined
}

const endOf = ({ exit }: Call): string => (exit === undefined ? "nothing" : describe(exit))

/** A call that may have to wait for a token at its end, and no longer. */
export const callAndWait = (world: World, api: Api): Effect.Effect<Call> =>
  Effect.tap(
    Effect.tap(world.call(api), () => world.clock.settle),
    ({ exit }) => (exit === undefined ? world.clock.advance(world.setup.linger + second) : Effect.void)
  )

/** How often somebody calls until all is well: soon at first, then now and then. */
const interval = (waited: number): number =>
  waited < 3 * second ? 500 : waited < 100 * second ? 5 * second : 60 * second

/** The first success that a user's calls have from now on, or `undefined` where there is none until `by`. */
export const firstSuccess = (
  world: World,
  by: () => number,
  { as, every = interval }: { readonly as?: number; readonly every?: (waited: number) => number } = {}
): Effect.Effect<number | undefined> =>
  Effect.gen(function* () {
    const { clock } = world
    const start = clock.elapsed()
    const calls: Array<Call> = []
    while (true) {
      const call = yield* world.call("account", as)
      calls.push(call)
      yield* clock.settle
      const ends = calls.filter((one) => brings(one)).map(({ endedAt }) => endedAt)
      if (ends.length > 0) return Math.min(...ends)
      if (clock.elapsed() > by()) {
        yield* clock.advance(moment)
        const late = calls.some((one) => brings(one))
        if (!late) world.ledger.violate(`all is well again, but a call brings ${endOf(call)}`)
        return undefined
      }
      if (isBlockedForGood(call)) {
        const tenant = world.tenants()[as ?? 0]
        if (tenant !== undefined && world.ledger.strikes.mayLatch(tenant.line, tenant.user, tenant.password)) {
          yield* world.resetGuard
          continue
        }
      }
      yield* clock.advance(every(clock.elapsed() - start))
    }
  })

/** When a user's first success must have come, after everything has been made well at `healedAt`. */
const bound = (world: World, line: Line, user: string, healedAt: number): number =>
  Math.max(
    healedAt + longestBackOff + deadline,
    healedAt + deadline + loginPause + deadline,
    world.ledger.strikes.pausedUntil(line, user) + loginPause + deadline
  ) + (world.setup.store ? lease : 0)

/** Makes everything right, and sees that the pipeline is back in time. */
export const recover = (world: World): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { clock, ledger, setup } = world
    yield* world.heal
    const healedAt = clock.elapsed()
    for (const [as, { line, user }] of world.tenants().entries()) {
      const success = yield* firstSuccess(world, () => bound(world, line, user, healedAt), { as })
      if (success === undefined) return
    }
    // Until then an API may be held back for what it refused.
    yield* clock.advance(Math.max(0, healedAt + longestBackOff + moment - clock.elapsed()))
    const first = setup.seed % healthy.length
    for (const [api, status] of [...healthy.slice(first), ...healthy.slice(0, first)].slice(0, 2)) {
      const call = yield* callAndWait(world, api)
      yield* clock.advance(2 * setup.lag)
      const again = brings(call, status) ? call : yield* callAndWait(world, api)
      if (!brings(again, status)) ledger.violate(`all is well again, but ${apis[api]} brings ${endOf(again)}`)
    }
    // One of them refuses whatever is sent.
    yield* clock.advance(longestBackOff + moment)
  })
