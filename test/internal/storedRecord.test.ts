import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as loginRecord from "../../src/internal/login/record.js"
import * as stored from "../../src/internal/login/storedRecord.js"

const strike = (id: string, at: number, isRefusal = false): loginRecord.Strike => ({ id, at, isRefusal })

const recordOf = (
  number: number,
  at: number,
  strikes: ReadonlyArray<loginRecord.Strike>,
  passwords: loginRecord.LoginRecord["passwords"] = [],
  resetAt = loginRecord.fresh.epoch.resetAt
): loginRecord.LoginRecord => ({ strikes, passwords, epoch: { number, at, resetAt } })

const ids = ({ strikes }: loginRecord.LoginRecord) => strikes.map(({ id }) => id)

const refusedMarks = ({ passwords }: loginRecord.LoginRecord) =>
  passwords.filter(({ isRefused }) => isRefused).map(({ mark }) => mark)

describe("two records of one user", () => {
  it("of one epoch unite their strikes, each once, and know a refusal that one of them knows", () => {
    const both = stored.merge(
      recordOf(1, 0, [strike("a", 1), strike("b", 2)]),
      recordOf(1, 0, [strike("a", 1, true), strike("c", 3)])
    )
    assert.deepStrictEqual(ids(both), ["a", "b", "c"])
    assert.deepStrictEqual(
      both.strikes.filter(({ isRefusal }) => isRefusal).map(({ id }) => id),
      ["a"]
    )
  })

  it("of different epochs keep the strikes that are younger than the later one", () => {
    const ours = recordOf(1, 0, [strike("before", 9), strike("same time", 10), strike("after", 11)])
    const theirs = recordOf(2, 10, [strike("theirs", 12)])
    assert.deepStrictEqual(ids(stored.merge(ours, theirs)), ["after", "theirs"])
    assert.deepStrictEqual(ids(stored.merge(theirs, ours)), ["after", "theirs"])
  })

  it("of one epoch forget the strikes before a reset that one of them knows, but for a login that is under way", () => {
    const ours = recordOf(1, 9, [{ ...strike("under way", 4), isPending: true }], [], 9)
    const theirs = recordOf(1, 0, [strike("before", 8), strike("after", 10)])
    assert.deepStrictEqual(ids(stored.merge(ours, theirs)), ["under way", "after"])
  })

  it("unite the refused passwords, whatever their epochs", () => {
    const ours = recordOf(1, 0, [], [{ mark: "A", at: 1, isRefused: true }])
    const theirs = recordOf(7, 10, [], [{ mark: "B", at: 2, isRefused: true }])
    assert.deepStrictEqual(refusedMarks(stored.merge(ours, theirs)), ["A", "B"])
    assert.deepStrictEqual(refusedMarks(stored.merge(theirs, ours)), ["A", "B"])
  })

  it("forget a refused password that was accepted since, and only that", () => {
    const refusals = ["A", "B"].map((mark) => ({ mark, at: 1, isRefused: true }))
    const accepted = recordOf(2, 5, [], [{ mark: "A", at: 5, isRefused: false }])
    assert.deepStrictEqual(refusedMarks(stored.merge(recordOf(1, 0, [], refusals), accepted)), ["B"])
    const again = recordOf(2, 5, [], [{ mark: "A", at: 6, isRefused: true }])
    assert.deepStrictEqual(refusedMarks(stored.merge(again, accepted)), ["A"])
  })

  it("forget at a reset what is older, and keep what was refused since by one who had not heard of it", () => {
    const ours = recordOf(
      1,
      0,
      [],
      [
        { mark: "A", at: 4, isRefused: true },
        { mark: "B", at: 6, isRefused: true }
      ]
    )
    assert.deepStrictEqual(refusedMarks(stored.merge(ours, recordOf(2, 5, [], [], 5))), ["B"])
  })

  it("come to the same whoever merges them, and lose nothing that is not disproved", () => {
    const strikes = FastCheck.array(
      FastCheck.record({
        id: FastCheck.constantFrom("a", "b", "c", "d"),
        at: FastCheck.nat(9),
        isRefusal: FastCheck.boolean()
      })
    ).map((all) => [...new Map(all.map((one) => [one.id, one])).values()])
    const arbitrary = FastCheck.tuple(FastCheck.nat(2), FastCheck.nat(9), strikes).map(([number, at, all]) =>
      recordOf(number, at, all)
    )
    FastCheck.assert(
      FastCheck.property(arbitrary, arbitrary, (one, other) => {
        const both = stored.merge(one, other)
        assert.sameMembers([...ids(both)], [...ids(stored.merge(other, one))])
        const later = Math.max(one.epoch.number, other.epoch.number)
        for (const { epoch, strikes } of [one, other]) {
          if (epoch.number === later)
            assert.includeMembers(
              [...ids(both)],
              strikes.map(({ id }) => id)
            )
        }
      })
    )
  })
})

const day = 86_400_000

/** As version 5, sealed at noon by the wall clock. */
const written: stored.Written = { lease: 5, writtenAt: day / 2 }
const encode = (record: loginRecord.LoginRecord, now: number) => stored.encode(record, now, written)
const decode = (text: string, now: number, age = 0, wall = day / 2) =>
  stored.decode(text, { version: 5, age }, now, wall)

describe("a stored record", () => {
  const record = recordOf(3, 900, [strike("a", 950, true)], [{ mark: "A", at: 950, isRefused: true }], 100)

  it("is read by a clock that is set otherwise", () => {
    const read = Option.getOrThrow(decode(encode(record, 1000), 50_000))
    assert.deepStrictEqual(
      read,
      recordOf(3, 49_900, [strike("a", 49_950, true)], [{ mark: "A", at: 49_950, isRefused: true }], 49_100)
    )
    assert.strictEqual(encode(read, 50_000), encode(record, 1000))
  })

  it("says nothing as another version than the one that it was written as", () => {
    assert.isTrue(Option.isNone(stored.decode(encode(record, 1000), { version: 6, age: 0 }, 1000, day / 2)))
  })

  it("is no younger than its sealed time allows, whatever the store says, but for clocks that differ by a day", () => {
    const text = encode(record, 1000)
    const ageOf = (wall: number) => 5 * day - Option.getOrThrow(decode(text, 5 * day, 0, wall)).epoch.at - 100
    assert.strictEqual(ageOf(day), 0)
    assert.strictEqual(ageOf(4 * day), 2.5 * day)
    assert.isTrue(Option.isNone(decode(text, 40 * day, 0, 32 * day)))
  })

  it("leaves out marks that mean nothing elsewhere", () => {
    const own = { ...record, passwords: [{ mark: "#0123", at: 950, isRefused: true }, ...record.passwords] }
    assert.strictEqual(encode(own, 1000), encode(record, 1000))
  })

  it("of a user of whom nothing is known says nothing", () => {
    const { epoch, passwords, strikes } = Option.getOrThrow(decode(encode(loginRecord.fresh, 7), 9))
    assert.deepStrictEqual({ passwords, strikes, number: epoch.number }, { passwords: [], strikes: [], number: 0 })
  })

  it("of version 0.1 is read as strikes that are counted, and refused passwords", () => {
    const text = JSON.stringify({ refused: ["B"], known: ["A"], uncertain: 2, wait: 4000, age: 300 })
    const read = Option.getOrThrow(decode(text, 1000))
    assert.deepStrictEqual(refusedMarks(read), ["A", "B"])
    assert.deepStrictEqual(
      read.strikes.map(({ at, isRefusal }) => [at, isRefusal]),
      [
        [700, true],
        [700, false],
        [700, false]
      ]
    )
    assert.deepStrictEqual(stored.merge(loginRecord.fresh, read).strikes, read.strikes)
    assert.deepStrictEqual(loginRecord.judge(read, ["C"], 1000)._tag, "Paused")
  })

  it.each(["", "no JSON", "{}", '{"version":3}', '{"version":2,"strikes":[]}'])(
    "that cannot be read is none: %j",
    (text) => {
      assert.isTrue(Option.isNone(decode(text, 0)))
    }
  )
})
