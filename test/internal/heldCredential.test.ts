import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import * as renewable from "../../src/internal/credential/heldCredential.js"
import * as background from "../../src/internal/credential/layerFibers.js"
import type { Held } from "../../src/internal/credential/state.js"
import { settle } from "../utils/pipeline.js"

type Outcome = Deferred.Deferred<Held<string>, string>

const held = (secret: string, expiresAt = Number.POSITIVE_INFINITY): Held<string> => ({
  token: secret,
  secret,
  header: secret,
  expiresAt
})

const margin = 60_000
const hour = 3_600_000

/** A credential whose acquisitions end when the test says so, in the order in which they began. */
const make = Effect.gen(function* () {
  const flights: Array<Outcome> = []
  const running = { now: 0, most: 0 }
  const acquire = Effect.gen(function* () {
    const outcome = yield* Deferred.make<Held<string>, string>()
    flights.push(outcome)
    running.now += 1
    running.most = Math.max(running.most, running.now)
    return yield* Effect.ensuring(
      Deferred.await(outcome),
      Effect.sync(() => {
        running.now -= 1
      })
    )
  })
  const credential = yield* renewable.make<string, string>({
    background: yield* background.make,
    acquire,
    margin,
    closed: "closed"
  })
  const land = (end: (flight: Outcome) => Effect.Effect<boolean>) =>
    Effect.gen(function* () {
      yield* settle
      const flight = flights.at(-1)
      if (flight === undefined) return assert.fail("nothing was acquired")
      assert.isTrue(yield* end(flight), "the latest acquisition has ended already")
      yield* settle
    })
  return {
    ...credential,
    flights,
    running,
    /** The secret, not the whole credential. */
    secret: Effect.map(credential.get, ({ secret }) => secret),
    succeed: (secret: string, expiresAt?: number) =>
      land((flight) => Deferred.succeed(flight, held(secret, expiresAt))),
    fail: (problem: string) => land((flight) => Deferred.fail(flight, problem))
  }
})

/** A credential that has been acquired. */
const holding = (secret: string, expiresAt?: number) =>
  Effect.gen(function* () {
    const credential = yield* make
    const caller = yield* Effect.fork(credential.get)
    yield* credential.succeed(secret, expiresAt)
    yield* Fiber.join(caller)
    return credential
  })

const many = <A, E>(count: number, effect: Effect.Effect<A, E>) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.fork(effect))

describe("single flight", () => {
  it.scoped("serves every caller that comes during an acquisition from that one", () =>
    Effect.gen(function* () {
      const credential = yield* make
      const callers = yield* many(1000, credential.secret)
      yield* credential.succeed("a")
      const secrets = yield* Fiber.join(Fiber.all(callers))
      assert.deepStrictEqual([...new Set(secrets)], ["a"])
      assert.lengthOf(credential.flights, 1)
    })
  )

  it.scoped("goes on when the caller that started it is interrupted", () =>
    Effect.gen(function* () {
      const credential = yield* make
      const first = yield* Effect.fork(credential.secret)
      yield* settle
      const others = yield* many(10, credential.secret)
      yield* settle
      yield* Fiber.interrupt(first)
      yield* credential.succeed("a")
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(others)))], ["a"])
      assert.lengthOf(credential.flights, 1)
    })
  )

  it.scoped("goes on when every caller is interrupted, and its outcome is kept", () =>
    Effect.gen(function* () {
      const credential = yield* make
      const callers = yield* many(10, credential.secret)
      yield* settle
      yield* Fiber.interruptAll(callers)
      yield* credential.succeed("a")
      assert.strictEqual(yield* credential.secret, "a")
      assert.lengthOf(credential.flights, 1)
    })
  )

  it.scoped("shares a failure with those who waited, and does not keep it", () =>
    Effect.gen(function* () {
      const credential = yield* make
      const callers = yield* many(10, Effect.flip(credential.get))
      yield* credential.fail("no")
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["no"])
      const next = yield* Effect.fork(credential.secret)
      yield* credential.succeed("a")
      assert.strictEqual(yield* Fiber.join(next), "a")
      assert.lengthOf(credential.flights, 2)
    })
  )

  it.scoped("shares a defect with those who waited, and does not keep it", () =>
    Effect.gen(function* () {
      let runs = 0
      const credential = yield* renewable.make<string, string>({
        background: yield* background.make,
        acquire: Effect.suspend(() => {
          runs += 1
          return runs === 1 ? Effect.die("broken") : Effect.succeed(held("a"))
        }),
        margin,
        closed: "closed"
      })
      assert.deepStrictEqual(yield* Effect.exit(credential.get), Exit.die("broken"))
      assert.strictEqual((yield* credential.get).secret, "a")
    })
  )

  it.scoped("does not run under the references and the span of the caller that started it", () =>
    Effect.gen(function* () {
      const reference = yield* FiberRef.make("layer")
      const seen: Array<unknown> = []
      const credential = yield* renewable.make<string, string>({
        background: yield* background.make,
        acquire: Effect.gen(function* () {
          seen.push(yield* FiberRef.get(reference))
          yield* FiberRef.set(reference, "flight")
          const span = yield* Effect.orDie(Effect.currentSpan)
          seen.push(Option.isNone(span.parent))
          seen.push(span.links.map(({ span }) => (span._tag === "Span" ? span.name : "external")))
          seen.push(Option.isNone(Context.getOption(yield* Effect.context<never>(), Tracer.ParentSpan)))
          return held("a")
        }).pipe(Effect.withSpan("flight")),
        margin,
        closed: "closed"
      })
      const left = yield* credential.get.pipe(
        Effect.zipRight(FiberRef.get(reference)),
        Effect.withSpan("caller"),
        Effect.locally(reference, "caller")
      )
      assert.deepStrictEqual(seen, ["layer", true, ["caller"], false])
      assert.strictEqual(left, "caller")
    })
  )
})

describe("expiry", () => {
  const cases: ReadonlyArray<readonly [when: string, at: number, acquisitions: number]> = [
    ["just before the margin", hour - margin - 1, 1],
    ["at the margin", hour - margin, 2],
    ["just before the end", hour - 1, 2]
  ]
  it.scoped.each(cases)("serves the credential at once %s", ([, at, acquisitions]) =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(at)
      assert.strictEqual(yield* credential.secret, "a")
      yield* settle
      assert.lengthOf(credential.flights, acquisitions)
    })
  )

  it.scoped("waits for another, in one flight, at the end", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour)
      const callers = yield* many(1000, credential.secret)
      yield* credential.succeed("b")
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["b"])
      assert.lengthOf(credential.flights, 2)
    })
  )

  it.scoped("hands out the successor from the moment the background has it", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour - margin)
      assert.strictEqual(yield* credential.secret, "a")
      yield* credential.succeed("b", 2 * hour)
      assert.strictEqual(yield* credential.secret, "b")
      assert.strictEqual(credential.peek(hour)?.secret, "b")
    })
  )

  it.scoped("looks for a successor once where the attempt fails, and serves the old one until the end", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour - margin)
      assert.strictEqual(yield* credential.secret, "a")
      yield* credential.fail("503")
      yield* TestClock.setTime(hour - 1)
      assert.strictEqual(yield* credential.secret, "a")
      yield* settle
      assert.lengthOf(credential.flights, 2)
    })
  )

  it.scoped("does not ask again before the end where the answer was the same credential", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour - margin)
      yield* credential.get
      yield* credential.succeed("a", hour - 500)
      yield* TestClock.setTime(hour - 501)
      assert.strictEqual(yield* credential.secret, "a")
      yield* settle
      assert.lengthOf(credential.flights, 2)
      yield* TestClock.setTime(hour - 500)
      const caller = yield* Effect.fork(credential.secret)
      yield* credential.succeed("b", 2 * hour)
      assert.strictEqual(yield* Fiber.join(caller), "b")
    })
  )

  it.scoped("does not look for a successor in the background where less than the margin was left from the start", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", margin / 2)
      assert.strictEqual(yield* credential.secret, "a")
      yield* TestClock.setTime(margin / 2 - 1)
      assert.strictEqual(yield* credential.secret, "a")
      yield* settle
      assert.lengthOf(credential.flights, 1)
    })
  )

  it.scoped("lets callers join the attempt that is still under way at the end", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour - 1)
      yield* credential.get
      yield* TestClock.setTime(hour)
      const callers = yield* many(10, credential.secret)
      yield* credential.succeed("b", 2 * hour)
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["b"])
      assert.strictEqual(credential.running.most, 1)
      assert.lengthOf(credential.flights, 2)
    })
  )

  it.scoped("hands out what a flight brought even where it has expired on the way, and does not ask in a loop", () =>
    Effect.gen(function* () {
      const credential = yield* make
      const caller = yield* Effect.fork(credential.secret)
      yield* TestClock.setTime(hour)
      yield* credential.succeed("a", hour - 1)
      assert.strictEqual(yield* Fiber.join(caller), "a")
      assert.lengthOf(credential.flights, 1)
    })
  )

  it.scoped("survives a clock that jumps ahead and back", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(10 * hour)
      const credential = yield* holding("a", 11 * hour)
      yield* TestClock.setTime(100 * hour)
      const caller = yield* Effect.fork(credential.secret)
      yield* credential.succeed("a", 101 * hour)
      assert.strictEqual(yield* Fiber.join(caller), "a")
      yield* TestClock.setTime(10 * hour)
      assert.strictEqual(yield* credential.secret, "a")
      assert.isTrue(yield* credential.invalidate("a"))
      const next = yield* Effect.fork(credential.secret)
      yield* credential.succeed("b", 11 * hour)
      assert.strictEqual(yield* Fiber.join(next), "b")
      assert.lengthOf(credential.flights, 3)
    })
  )

  it.scoped("holds a credential without an end until it is refused", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      yield* TestClock.adjust(Duration.weeks(500))
      assert.strictEqual(yield* credential.secret, "a")
      assert.lengthOf(credential.flights, 1)
    })
  )
})

describe("peek", () => {
  it.scoped("shows nothing where callers have to wait, or where a successor has to be looked for", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      assert.strictEqual(credential.peek(0)?.secret, "a")
      assert.strictEqual(credential.peek(hour - margin - 1)?.secret, "a")
      assert.isUndefined(credential.peek(hour - margin))
      yield* TestClock.setTime(hour - margin)
      yield* credential.get
      assert.strictEqual(credential.peek(hour - 1)?.secret, "a")
      assert.isUndefined(credential.peek(hour))
      yield* credential.invalidate("a")
      assert.isUndefined(credential.peek(0))
    })
  )
})

describe("invalidate", () => {
  it.scoped("forgets the credential with that secret", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      assert.isTrue(yield* credential.invalidate("a"))
      assert.isUndefined(credential.current())
    })
  )

  it.scoped("does nothing where another has taken its place", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      yield* credential.invalidate("a")
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      assert.isFalse(yield* credential.invalidate("a"))
      yield* credential.succeed("b")
      assert.isFalse(yield* credential.invalidate("a"))
      assert.strictEqual(yield* Fiber.join(caller), "b")
      assert.strictEqual(yield* credential.secret, "b")
      assert.lengthOf(credential.flights, 2)
    })
  )

  it.scoped("asks for another where the acquisition under way brings what was refused meanwhile", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      yield* credential.take
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      assert.isFalse(yield* credential.invalidate("a"))
      yield* credential.succeed("a")
      assert.isUndefined(credential.current())
      yield* credential.succeed("b")
      assert.strictEqual(yield* Fiber.join(caller), "b")
      assert.lengthOf(credential.flights, 3)
    })
  )

  it.scoped("keeps what an acquisition brings that was asked for twice, as one that was handed back", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      yield* credential.take
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      yield* credential.invalidate("a")
      yield* credential.succeed("a")
      yield* credential.succeed("a")
      assert.strictEqual(yield* Fiber.join(caller), "a")
      assert.isFalse(yield* credential.invalidate("a"))
      assert.lengthOf(credential.flights, 3)
    })
  )

  it.scoped("knows a credential that was handed back also where an older one was refused meanwhile", () =>
    Effect.gen(function* () {
      const credential = yield* holding("b")
      yield* credential.invalidate("b")
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      yield* credential.invalidate("a")
      yield* credential.succeed("b")
      assert.strictEqual(yield* Fiber.join(caller), "b")
      assert.isFalse(yield* credential.invalidate("b"))
      assert.lengthOf(credential.flights, 2)
    })
  )

  it.scoped("discards the successor that is being looked for, and never has two acquisitions under way", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour - margin)
      yield* credential.get
      yield* settle
      const refusals = yield* Effect.forEach([1, 2, 3], () => Effect.fork(credential.invalidate("a")))
      const callers = yield* many(10, credential.secret)
      yield* settle
      assert.deepStrictEqual(yield* Fiber.join(Fiber.all(refusals)), [true, false, false])
      assert.isFalse(
        yield* Effect.map(Effect.fromNullable(credential.flights[1]), (flight) => flight === credential.flights[2])
      )
      yield* credential.succeed("b", 2 * hour)
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["b"])
      assert.lengthOf(credential.flights, 3)
      assert.strictEqual(credential.running.most, 1)
    })
  )

  it.scoped("ends the discarded acquisition also where the one who refused is interrupted", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      let runs = 0
      const credential = yield* renewable.make<string, string>({
        background: yield* background.make,
        acquire: Effect.suspend(() => {
          runs += 1
          if (runs === 1) return Effect.succeed(held("a", hour))
          if (runs === 3)
            return Effect.as(
              Effect.sync(() => ended.push("third begins")),
              held("c", 2 * hour)
            )
          const slowly = Effect.zipRight(
            Effect.sleep("5 seconds"),
            Effect.sync(() => ended.push("second ends"))
          )
          return Effect.onInterrupt(Effect.never, () => slowly)
        }),
        margin,
        closed: "closed"
      })
      yield* credential.get
      yield* TestClock.setTime(hour - margin)
      yield* credential.get
      yield* settle
      const refusal = yield* Effect.fork(credential.invalidate("a"))
      yield* settle
      yield* Effect.fork(Fiber.interrupt(refusal))
      const caller = yield* Effect.fork(credential.get)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(caller)).secret, "c")
      assert.deepStrictEqual(ended, ["second ends", "third begins"])
    })
  )

  it.scoped("keeps a credential that was handed back after its refusal, for a minute", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      assert.isTrue(yield* credential.invalidate("a"))
      const caller = yield* Effect.fork(credential.get)
      yield* credential.succeed("a", hour)
      yield* Fiber.join(caller)
      assert.isFalse(yield* credential.invalidate("a"))
      yield* TestClock.adjust(59_999)
      assert.isFalse(yield* credential.invalidate("a"))
      yield* TestClock.adjust(1)
      assert.isTrue(yield* credential.invalidate("a"))
    })
  )

  it.scoped("knows a credential that was handed back also where the first attempt to replace it failed", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* credential.invalidate("a")
      const first = yield* Effect.fork(Effect.flip(credential.get))
      yield* credential.fail("503")
      yield* Fiber.join(first)
      const second = yield* Effect.fork(credential.get)
      yield* credential.succeed("a", hour)
      yield* Fiber.join(second)
      assert.isFalse(yield* credential.invalidate("a"))
    })
  )

  it.scoped("does not wait out the minute of a credential that was handed back where the clock is set back", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(10 * hour)
      const credential = yield* holding("a")
      yield* credential.invalidate("a")
      const caller = yield* Effect.fork(credential.get)
      yield* credential.succeed("a")
      yield* Fiber.join(caller)
      yield* TestClock.setTime(9 * hour)
      assert.isTrue(yield* credential.invalidate("a"))
    })
  )
})

describe("take", () => {
  it.scoped("forgets the credential and hands it over", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      assert.strictEqual(Option.getOrUndefined(yield* credential.take)?.secret, "a")
      assert.isTrue(Option.isNone(yield* credential.take))
      assert.isUndefined(credential.peek(0))
    })
  )

  it.scoped("waits for the acquisition that is under way", () =>
    Effect.gen(function* () {
      const credential = yield* make
      yield* Effect.fork(credential.get)
      yield* settle
      const taker = yield* Effect.fork(credential.take)
      yield* settle
      assert.isTrue(Option.isNone(yield* Fiber.poll(taker)))
      yield* credential.succeed("a")
      assert.strictEqual(Option.getOrUndefined(yield* Fiber.join(taker))?.secret, "a")
    })
  )

  it.scoped("finds nothing where the acquisition that is under way fails", () =>
    Effect.gen(function* () {
      const credential = yield* make
      yield* Effect.fork(Effect.flip(credential.get))
      yield* settle
      const taker = yield* Effect.fork(credential.take)
      yield* credential.fail("no")
      assert.isTrue(Option.isNone(yield* Fiber.join(taker)))
    })
  )

  it.scoped("does not count as a refusal: the same credential, handed out again, can be refused", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* credential.take
      const caller = yield* Effect.fork(credential.get)
      yield* credential.succeed("a", hour)
      yield* Fiber.join(caller)
      assert.isTrue(yield* credential.invalidate("a"))
    })
  )
})

describe("after the scope has closed", () => {
  const closing = Effect.gen(function* () {
    const scope = yield* Scope.make()
    return { scope, close: Scope.close(scope, Exit.void) }
  })

  it.effect("callers fail, and nothing is acquired", () =>
    Effect.gen(function* () {
      const { close, scope } = yield* closing
      const credential = yield* Scope.extend(make, scope)
      yield* close
      assert.strictEqual(yield* Effect.flip(credential.get), "closed")
      assert.lengthOf(credential.flights, 0)
    })
  )

  it.effect("callers fail also where a credential was held", () =>
    Effect.gen(function* () {
      const { close, scope } = yield* closing
      const credential = yield* Scope.extend(holding("a"), scope)
      yield* close
      assert.isUndefined(credential.peek(0))
      assert.strictEqual(yield* Effect.flip(credential.get), "closed")
      assert.isTrue(Option.isNone(yield* credential.take))
    })
  )

  it.effect("those who wait fail, and those who take find nothing", () =>
    Effect.gen(function* () {
      const { close, scope } = yield* closing
      const credential = yield* Scope.extend(make, scope)
      const caller = yield* Effect.fork(Effect.flip(credential.get))
      yield* settle
      const taker = yield* Effect.fork(credential.take)
      yield* settle
      yield* close
      assert.strictEqual(yield* Fiber.join(caller), "closed")
      assert.isTrue(Option.isNone(yield* Fiber.join(taker)))
      assert.strictEqual(yield* Effect.flip(credential.get), "closed")
      assert.strictEqual(credential.running.now, 0)
    })
  )

  it.effect("an acquisition that was started in the same turn does not begin, and nobody waits for it", () =>
    Effect.gen(function* () {
      const { close, scope } = yield* closing
      const credential = yield* Scope.extend(make, scope)
      const caller = yield* Effect.fork(Effect.flip(credential.get))
      yield* Effect.yieldNow()
      yield* close
      assert.strictEqual(yield* Fiber.join(caller), "closed")
      assert.isTrue(Option.isNone(yield* credential.take))
      assert.lengthOf(credential.flights, 0)
    })
  )

  it.effect("a stuck acquisition ends at once, also where all was built and started in an uninterruptible region", () =>
    Effect.uninterruptible(
      Effect.gen(function* () {
        const { close, scope } = yield* closing
        const credential = yield* Scope.extend(make, scope)
        const caller = yield* Effect.fork(Effect.flip(credential.get))
        yield* settle
        assert.lengthOf(credential.flights, 1)
        yield* close
        assert.strictEqual(yield* Fiber.join(caller), "closed")
        assert.strictEqual(credential.running.now, 0)
      })
    )
  )
})
