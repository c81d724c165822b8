import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { type Held, holdSessionToken } from "../../src/internal/credential/held.js"
import * as heldCredential from "../../src/internal/credential/heldCredential.js"
import * as layerFibers from "../../src/internal/credential/layerFibers.js"
import { SessionToken } from "../../src/SessionToken.js"
import { settle } from "../utils/pipeline.js"

type Outcome = Deferred.Deferred<Held<SessionToken>, string>

const tokenOf = (secret: string) => new SessionToken({ secret: Redacted.make(secret) })

const held = (secret: string, expiresAt = Number.POSITIVE_INFINITY) =>
  Effect.orDie(holdSessionToken(tokenOf(secret), expiresAt))

const secretOf = (token: SessionToken | undefined) => (token === undefined ? undefined : Redacted.value(token.secret))

const margin = 60_000
const hour = 3_600_000
const options = { margin, deadline: Duration.seconds(20), isRepeatable: true, silent: "silent", closed: "closed" }

/** A credential whose acquisitions end when the test says so, in the order in which they began. */
const makeWith = (changed?: Partial<typeof options>) =>
  Effect.gen(function* () {
    const acquisitions: Array<Outcome> = []
    const running = { now: 0, most: 0 }
    const acquire = Effect.gen(function* () {
      const outcome = yield* Deferred.make<Held<SessionToken>, string>()
      acquisitions.push(outcome)
      running.now += 1
      running.most = Math.max(running.most, running.now)
      return yield* Effect.ensuring(
        Deferred.await(outcome),
        Effect.sync(() => {
          running.now -= 1
        })
      )
    })
    const credential = yield* heldCredential.make<SessionToken, string>({
      ...options,
      ...changed,
      fibers: yield* layerFibers.make,
      acquire
    })
    const finish = (end: (acquisition: Outcome) => Effect.Effect<boolean>) =>
      Effect.gen(function* () {
        yield* settle
        const acquisition = acquisitions.at(-1)
        if (acquisition === undefined) return assert.fail("nothing was acquired")
        assert.isTrue(yield* end(acquisition), "the latest acquisition has ended already")
        yield* settle
      })
    return {
      ...credential,
      acquisitions,
      running,
      /** The secret, not the whole credential. */
      secret: Effect.map(credential.get, secretOf),
      peekSecret: (now: number) => secretOf(credential.published.peek(now)),
      refuse: (secret: string) => credential.invalidate(tokenOf(secret)),
      succeed: (secret: string, expiresAt?: number) =>
        finish((acquisition) =>
          Effect.flatMap(held(secret, expiresAt), (value) => Deferred.succeed(acquisition, value))
        ),
      fail: (problem: string) => finish((acquisition) => Deferred.fail(acquisition, problem))
    }
  })

const make = makeWith()

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
      assert.lengthOf(credential.acquisitions, 1)
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
      assert.lengthOf(credential.acquisitions, 1)
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
      assert.lengthOf(credential.acquisitions, 1)
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
      assert.lengthOf(credential.acquisitions, 2)
    })
  )

  it.scoped("shares a defect with those who waited, and does not keep it", () =>
    Effect.gen(function* () {
      let runs = 0
      const credential = yield* heldCredential.make<SessionToken, string>({
        ...options,
        fibers: yield* layerFibers.make,
        acquire: Effect.suspend(() => {
          runs += 1
          return runs === 1 ? Effect.die("broken") : held("a")
        })
      })
      assert.deepStrictEqual(yield* Effect.exit(credential.get), Exit.die("broken"))
      assert.strictEqual(secretOf(yield* credential.get), "a")
    })
  )

  it.scoped("does not run under the references and the span of the caller that started it", () =>
    Effect.gen(function* () {
      const reference = yield* FiberRef.make("layer")
      const seen: Array<unknown> = []
      const credential = yield* heldCredential.make<SessionToken, string>({
        ...options,
        fibers: yield* layerFibers.make,
        acquire: Effect.gen(function* () {
          seen.push(yield* FiberRef.get(reference))
          yield* FiberRef.set(reference, "acquisition")
          const span = yield* Effect.orDie(Effect.currentSpan)
          seen.push(Option.isNone(span.parent))
          seen.push(span.links.map(({ span }) => (span._tag === "Span" ? span.name : "external")))
          seen.push(Option.isNone(Context.getOption(yield* Effect.context<never>(), Tracer.ParentSpan)))
          return yield* held("a")
        }).pipe(Effect.withSpan("acquisition"))
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
      assert.lengthOf(credential.acquisitions, acquisitions)
    })
  )

  it.scoped("waits for another, in one acquisition, at the end", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour)
      const callers = yield* many(1000, credential.secret)
      yield* credential.succeed("b")
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["b"])
      assert.lengthOf(credential.acquisitions, 2)
    })
  )

  it.scoped("hands out the successor from the moment the background has it", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour - margin)
      assert.strictEqual(yield* credential.secret, "a")
      yield* credential.succeed("b", 2 * hour)
      assert.strictEqual(yield* credential.secret, "b")
      assert.strictEqual(credential.peekSecret(hour), "b")
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
      assert.lengthOf(credential.acquisitions, 2)
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
      assert.lengthOf(credential.acquisitions, 2)
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
      assert.lengthOf(credential.acquisitions, 1)
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
      assert.lengthOf(credential.acquisitions, 2)
    })
  )

  it.scoped("keeps what an acquisition brought after its end until it is refused, and does not ask in a loop", () =>
    Effect.gen(function* () {
      const credential = yield* make
      const caller = yield* Effect.fork(credential.secret)
      yield* TestClock.adjust("10 seconds")
      yield* credential.succeed("a", 9_999)
      assert.strictEqual(yield* Fiber.join(caller), "a")
      yield* TestClock.adjust("1 days")
      assert.strictEqual(yield* credential.secret, "a")
      assert.lengthOf(credential.acquisitions, 1)
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
      assert.isTrue(yield* credential.refuse("a"))
      const next = yield* Effect.fork(credential.secret)
      yield* credential.succeed("b", 11 * hour)
      assert.strictEqual(yield* Fiber.join(next), "b")
      assert.lengthOf(credential.acquisitions, 3)
    })
  )

  it.scoped("holds a credential without an end until it is refused", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      yield* TestClock.adjust(Duration.weeks(500))
      assert.strictEqual(yield* credential.secret, "a")
      assert.lengthOf(credential.acquisitions, 1)
    })
  )
})

describe("peek", () => {
  it.scoped("shows nothing where callers have to wait, or where a successor has to be looked for", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      assert.strictEqual(credential.peekSecret(0), "a")
      assert.strictEqual(credential.peekSecret(hour - margin - 1), "a")
      assert.isUndefined(credential.published.peek(hour - margin))
      yield* TestClock.setTime(hour - margin)
      yield* credential.get
      assert.strictEqual(credential.peekSecret(hour - 1), "a")
      assert.isUndefined(credential.published.peek(hour))
      yield* credential.refuse("a")
      assert.isUndefined(credential.published.peek(0))
    })
  )
})

describe("invalidate", () => {
  it.scoped("forgets the credential with that secret", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      assert.isTrue(yield* credential.refuse("a"))
      assert.isUndefined(credential.published.held)
    })
  )

  it.scoped("does nothing where another has taken its place", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      yield* credential.refuse("a")
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      assert.isFalse(yield* credential.refuse("a"))
      yield* credential.succeed("b")
      assert.isFalse(yield* credential.refuse("a"))
      assert.strictEqual(yield* Fiber.join(caller), "b")
      assert.strictEqual(yield* credential.secret, "b")
      assert.lengthOf(credential.acquisitions, 2)
    })
  )

  it.scoped("asks for another where the acquisition under way brings what was refused meanwhile", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      yield* credential.take
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      assert.isFalse(yield* credential.refuse("a"))
      yield* credential.succeed("a")
      assert.isUndefined(credential.published.held)
      yield* credential.succeed("b")
      assert.strictEqual(yield* Fiber.join(caller), "b")
      assert.lengthOf(credential.acquisitions, 3)
    })
  )

  it.scoped("asks no third time for what was refused while its answer was on its way", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      yield* credential.take
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      yield* credential.refuse("a")
      yield* credential.succeed("a")
      yield* credential.succeed("a")
      assert.strictEqual(yield* Fiber.join(caller), "a")
      assert.lengthOf(credential.acquisitions, 3)
    })
  )

  it.scoped("discards the successor that is being looked for, and never has two acquisitions under way", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour - margin)
      yield* credential.get
      yield* settle
      const refusals = yield* Effect.forEach([1, 2, 3], () => Effect.fork(credential.refuse("a")))
      const callers = yield* many(10, credential.secret)
      yield* settle
      assert.deepStrictEqual(yield* Fiber.join(Fiber.all(refusals)), [true, false, false])
      assert.isFalse(
        yield* Effect.map(
          Effect.fromNullable(credential.acquisitions[1]),
          (acquisition) => acquisition === credential.acquisitions[2]
        )
      )
      yield* credential.succeed("b", 2 * hour)
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["b"])
      assert.lengthOf(credential.acquisitions, 3)
      assert.strictEqual(credential.running.most, 1)
    })
  )

  it.scoped("does not wait for the discarded acquisition to end", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      let runs = 0
      const credential = yield* heldCredential.make<SessionToken, string>({
        ...options,
        fibers: yield* layerFibers.make,
        acquire: Effect.suspend(() => {
          runs += 1
          if (runs === 1) return held("a", hour)
          if (runs === 3) return held("c", 2 * hour)
          const slowly = Effect.zipRight(
            Effect.sleep("5 seconds"),
            Effect.sync(() => ended.push("second"))
          )
          return Effect.onInterrupt(Effect.never, () => slowly)
        })
      })
      yield* credential.get
      yield* TestClock.setTime(hour - margin)
      yield* credential.get
      yield* settle
      assert.isTrue(yield* credential.invalidate(tokenOf("a")))
      assert.strictEqual(secretOf(yield* credential.get), "c")
      assert.deepStrictEqual(ended, [])
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(ended, ["second"])
      assert.strictEqual(secretOf(yield* credential.get), "c")
    })
  )

  it.scoped("keeps a credential that was handed back with a longer life, and drops it at the next refusal", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      assert.isTrue(yield* credential.refuse("a"))
      const caller = yield* Effect.fork(credential.secret)
      yield* credential.succeed("a", 2001)
      assert.strictEqual(yield* Fiber.join(caller), "a")
      assert.isTrue(yield* credential.refuse("a"))
    })
  )

  it.scoped("asks again every 250 milliseconds for a credential that was handed back at its end", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* credential.refuse("a")
      const callers = yield* many(10, credential.secret)
      yield* credential.succeed("a", 2000)
      assert.lengthOf(credential.acquisitions, 2)
      yield* TestClock.adjust(249)
      assert.lengthOf(credential.acquisitions, 2)
      yield* TestClock.adjust(1)
      assert.lengthOf(credential.acquisitions, 3)
      yield* credential.succeed("a", 0)
      yield* TestClock.adjust(250)
      yield* credential.succeed("b", 2 * hour)
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["b"])
      assert.lengthOf(credential.acquisitions, 4)
    })
  )

  it.scoped("asks so also for one that has expired, and was not refused", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* TestClock.setTime(hour)
      const caller = yield* Effect.fork(credential.secret)
      yield* credential.succeed("a", hour)
      yield* TestClock.adjust(250)
      yield* credential.succeed("b", 2 * hour)
      assert.strictEqual(yield* Fiber.join(caller), "b")
    })
  )

  it.scoped("asks so for half of the deadline, then keeps what it is given until that is refused", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* credential.refuse("a")
      const caller = yield* Effect.fork(credential.secret)
      for (let asked = 0; asked < 40; asked++) {
        yield* credential.succeed("a", 0)
        assert.isTrue(Option.isNone(yield* Fiber.poll(caller)))
        yield* TestClock.adjust(250)
      }
      yield* credential.succeed("a", 0)
      assert.strictEqual(yield* Fiber.join(caller), "a")
      yield* TestClock.adjust("1 days")
      assert.strictEqual(yield* credential.secret, "a")
      assert.isTrue(yield* credential.refuse("a"))
    })
  )

  it.scoped("never asks so where acquiring is not to be repeated", () =>
    Effect.gen(function* () {
      const credential = yield* makeWith({ isRepeatable: false })
      yield* Effect.fork(credential.get)
      yield* credential.succeed("a", hour)
      yield* credential.refuse("a")
      const caller = yield* Effect.fork(credential.secret)
      yield* credential.succeed("a", 0)
      assert.strictEqual(yield* Fiber.join(caller), "a")
      assert.lengthOf(credential.acquisitions, 2)
    })
  )

  it.scoped("knows a credential that was handed back also if the first attempt to replace it failed", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      yield* credential.refuse("a")
      const first = yield* Effect.fork(Effect.flip(credential.get))
      yield* credential.fail("503")
      yield* Fiber.join(first)
      const second = yield* Effect.fork(credential.secret)
      yield* credential.succeed("a", 0)
      yield* TestClock.adjust(250)
      yield* credential.succeed("b")
      assert.strictEqual(yield* Fiber.join(second), "b")
    })
  )

  it.scoped("knows a credential that was handed back also if an older one was refused meanwhile", () =>
    Effect.gen(function* () {
      const credential = yield* holding("b")
      yield* credential.refuse("b")
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      yield* credential.refuse("a")
      yield* credential.succeed("b", 0)
      assert.isTrue(Option.isNone(yield* Fiber.poll(caller)))
      yield* TestClock.adjust(250)
      yield* credential.succeed("c")
      assert.strictEqual(yield* Fiber.join(caller), "c")
    })
  )
})

/** An acquisition whose fiber the runtime drops: it neither settles nor ends when it is interrupted. */
const dropped = Effect.uninterruptible(Effect.never)

/** A credential whose acquisitions of these numbers are dropped; the others bring a secret that lives for an hour. */
const dropping = (numbers: ReadonlyArray<number>, changed?: Partial<typeof options>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const started: Array<number> = []
    const credential = yield* heldCredential
      .make<SessionToken, string>({
        ...options,
        ...changed,
        fibers: yield* Scope.extend(layerFibers.make, scope),
        acquire: Effect.flatMap(Clock.currentTimeMillis, (now) => {
          started.push(now / 1000)
          return numbers.includes(started.length) ? dropped : held(`${started.length}`, now + hour)
        })
      })
      .pipe(Scope.extend(scope))
    return { ...credential, started, scope, secret: Effect.map(credential.get, secretOf) }
  })

describe("an acquisition whose fiber was dropped", () => {
  it.effect("is taken over at its deadline by those who joined it, once for all", () =>
    Effect.gen(function* () {
      const credential = yield* dropping([1])
      yield* Effect.fork(Effect.ignore(credential.get))
      yield* TestClock.adjust("5 seconds")
      const callers = yield* many(100, credential.secret)
      yield* TestClock.adjust("14999 millis")
      assert.deepStrictEqual(credential.started, [0])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["2"])
      assert.deepStrictEqual(credential.started, [0, 20])
    })
  )

  it.effect("fails the caller who started it at its deadline, and the next caller starts another", () =>
    Effect.gen(function* () {
      const credential = yield* dropping([1])
      const caller = yield* Effect.fork(Effect.flip(credential.get))
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* Fiber.join(caller), "silent")
      assert.strictEqual(yield* credential.secret, "2")
    })
  )

  it.effect("is taken over by a caller once: two deadlines are the most that anyone waits", () =>
    Effect.gen(function* () {
      const credential = yield* dropping([1, 2, 3])
      yield* Effect.fork(Effect.ignore(credential.get))
      yield* settle
      const callers = yield* many(10, Effect.flip(credential.get))
      yield* TestClock.adjust("40 seconds")
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["silent"])
      assert.deepStrictEqual(credential.started, [0, 20])
    })
  )

  it.effect("makes nobody wait after its deadline, if it was a renewal", () =>
    Effect.gen(function* () {
      const credential = yield* dropping([2])
      yield* credential.get
      yield* TestClock.setTime(hour - margin)
      assert.strictEqual(yield* credential.secret, "1")
      yield* settle
      yield* TestClock.setTime(hour)
      assert.strictEqual(yield* credential.secret, "3")
    })
  )

  it.effect("is not repeated where that is not allowed: those who wait fail at its deadline", () =>
    Effect.gen(function* () {
      const credential = yield* dropping([1], { isRepeatable: false })
      yield* Effect.fork(Effect.ignore(credential.get))
      yield* TestClock.adjust("5 seconds")
      const callers = yield* many(10, Effect.flip(credential.get))
      yield* TestClock.adjust("15 seconds")
      assert.deepStrictEqual([...new Set(yield* Fiber.join(Fiber.all(callers)))], ["silent"])
      assert.deepStrictEqual(credential.started, [0])
      assert.strictEqual(yield* credential.secret, "2")
    })
  )

  it.effect("is awaited until its deadline by whoever takes the credential, who finds none", () =>
    Effect.gen(function* () {
      const credential = yield* dropping([1])
      yield* Effect.fork(Effect.ignore(credential.get))
      yield* settle
      const taker = yield* Effect.fork(credential.take)
      yield* TestClock.adjust("20 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.join(taker)))
    })
  )

  it.effect("keeps its layer from closing for two seconds at most", () =>
    Effect.gen(function* () {
      const credential = yield* dropping([1])
      const caller = yield* Effect.fork(Effect.flip(credential.get))
      yield* settle
      const closing = yield* Effect.fork(Scope.close(credential.scope, Exit.void))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(closing)
      yield* TestClock.adjust("18 seconds")
      assert.strictEqual(yield* Fiber.join(caller), "closed")
    })
  )

  it.scoped("has no say any more once it was taken over, should it answer after all", () =>
    Effect.gen(function* () {
      const answers = [yield* Deferred.make<Held<SessionToken>>(), yield* Deferred.make<Held<SessionToken>>()] as const
      let runs = 0
      const credential = yield* heldCredential.make<SessionToken, string>({
        ...options,
        fibers: yield* layerFibers.make,
        acquire: Effect.suspend(() => {
          runs += 1
          return Effect.uninterruptible(Deferred.await(runs === 1 ? answers[0] : answers[1]))
        })
      })
      yield* Effect.fork(Effect.ignore(credential.get))
      yield* settle
      const caller = yield* Effect.fork(credential.get)
      yield* TestClock.adjust("20 seconds")
      yield* Deferred.succeed(answers[0], yield* held("late"))
      yield* settle
      assert.isUndefined(credential.published.held)
      yield* Deferred.succeed(answers[1], yield* held("b"))
      assert.strictEqual(secretOf(yield* Fiber.join(caller)), "b")
      assert.strictEqual(secretOf(credential.published.peek(0)), "b")
    })
  )
})

describe("extend", () => {
  it.scoped("moves the end of the credential that is held, and of no other, to a later time", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      assert.isUndefined(credential.published.extend(tokenOf("b"), 2 * hour))
      assert.isUndefined(credential.published.extend(tokenOf("a"), hour - 1))
      assert.strictEqual(credential.published.held?.expiresAt, hour)
      assert.strictEqual(credential.published.extend(tokenOf("a"), 2 * hour)?.secret, "a")
      assert.strictEqual(credential.peekSecret(2 * hour - margin - 1), "a")
    })
  )
})

describe("offer", () => {
  it.scoped("is held if nothing is, also while an acquisition is under way", () =>
    Effect.gen(function* () {
      const credential = yield* make
      assert.isTrue(yield* credential.offer(yield* held("a", hour)))
      assert.strictEqual(yield* credential.secret, "a")
      yield* credential.refuse("a")
      const caller = yield* Effect.fork(credential.secret)
      yield* settle
      assert.isTrue(yield* credential.offer(yield* held("b", hour)))
      assert.strictEqual(yield* credential.secret, "b")
      yield* credential.succeed("c", 2 * hour)
      assert.strictEqual(yield* Fiber.join(caller), "c")
      assert.strictEqual(yield* credential.secret, "b")
    })
  )

  it.scoped("takes the place of one that ends earlier, and of no other", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a", hour)
      assert.isFalse(yield* credential.offer(yield* held("b", hour)))
      assert.isTrue(yield* credential.offer(yield* held("b", hour + 1)))
      assert.strictEqual(yield* credential.secret, "b")
    })
  )

  it.effect("is not held once the layer has closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const credential = yield* Scope.extend(make, scope)
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(yield* credential.offer(yield* held("a", hour)))
      assert.isUndefined(credential.published.peek(0))
    })
  )
})

describe("take", () => {
  it.scoped("forgets the credential and hands it over", () =>
    Effect.gen(function* () {
      const credential = yield* holding("a")
      assert.strictEqual(Option.getOrUndefined(yield* credential.take)?.secret, "a")
      assert.isTrue(Option.isNone(yield* credential.take))
      assert.isUndefined(credential.published.peek(0))
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
      assert.isTrue(yield* credential.refuse("a"))
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
      assert.lengthOf(credential.acquisitions, 0)
    })
  )

  it.effect("callers fail also where a credential was held", () =>
    Effect.gen(function* () {
      const { close, scope } = yield* closing
      const credential = yield* Scope.extend(holding("a"), scope)
      yield* close
      assert.isUndefined(credential.published.peek(0))
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
      assert.lengthOf(credential.acquisitions, 0)
    })
  )

  it.effect("a stuck acquisition ends at once, also where all was built and started in an uninterruptible region", () =>
    Effect.uninterruptible(
      Effect.gen(function* () {
        const { close, scope } = yield* closing
        const credential = yield* Scope.extend(make, scope)
        const caller = yield* Effect.fork(Effect.flip(credential.get))
        yield* settle
        assert.lengthOf(credential.acquisitions, 1)
        yield* close
        assert.strictEqual(yield* Fiber.join(caller), "closed")
        assert.strictEqual(credential.running.now, 0)
      })
    )
  )
})
