import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as vault from "../../src/internal/store/seal.js"

const app = (secret = "the-secret", key = "the-key") => ({ key: Redacted.make(key), secret: Redacted.make(secret) })

const text = "a session token, Grüße"

describe("a vault", () => {
  it.effect("opens what it has sealed, and so does another with the same key and secret", () =>
    Effect.gen(function* () {
      const one = yield* vault.make(app())
      const other = yield* vault.make(app())
      const sealed = yield* one.seal("name", text)
      assert.deepStrictEqual(yield* one.open("name", sealed), Option.some(text))
      assert.deepStrictEqual(yield* other.open("name", sealed), Option.some(text))
    })
  )

  it.effect("seals the same text differently each time, and shows nothing of it but its length", () =>
    Effect.gen(function* () {
      const { seal } = yield* vault.make(app())
      const [one, other] = yield* Effect.all([seal("name", text), seal("name", text)])
      assert.notStrictEqual(one, other)
      assert.match(one, /^1\.[\w-]{8}\.[\w-]{16}\.[\w-]+$/)
    })
  )

  it.effect("does not open what was sealed with another secret or another key, or under another name", () =>
    Effect.gen(function* () {
      const { open, seal } = yield* vault.make(app())
      for (const other of [app("another-secret"), app("the-secret", "another-key")]) {
        const stranger = yield* vault.make(other)
        assert.isTrue(Option.isNone(yield* open("name", yield* stranger.seal("name", text))))
      }
      assert.isTrue(Option.isNone(yield* open("name", yield* seal("another name", text))))
    })
  )

  it.effect("does not open what has been changed, shortened or made up", () =>
    Effect.gen(function* () {
      const { open, seal } = yield* vault.make(app())
      const sealed = yield* seal("name", text)
      const [version = "", id = "", nonce = "", data = ""] = sealed.split(".")
      const flipped = data.startsWith("A") ? `B${data.slice(1)}` : `A${data.slice(1)}`
      const forgeries = [
        "",
        "1",
        `2.${id}.${nonce}.${data}`,
        `${version}.AAAAAAAA.${nonce}.${data}`,
        `${version}.${id}.${nonce}`,
        `${version}.${id}..${data}`,
        `${version}.${id}.${nonce}.`,
        `${version}.${id}.${nonce}.${flipped}`,
        `${version}.${id}.${nonce}.${data.slice(0, -4)}`,
        `${version}.${id}.${nonce}.not base64!`,
        `${version}.${id}.${nonce.slice(0, 8)}.${data}`
      ]
      for (const forgery of forgeries) assert.isTrue(Option.isNone(yield* open("name", forgery)), forgery)
    })
  )

  it.effect("names the same things alike, other things otherwise, and shows nothing of them", () =>
    Effect.gen(function* () {
      const one = yield* vault.make(app())
      const same = yield* vault.make(app())
      const other = yield* vault.make(app("another-secret"))
      const name = yield* one.name("session", "user", "password")
      assert.match(name, /^[0-9a-f]{64}$/)
      assert.strictEqual(yield* same.name("session", "user", "password"), name)
      for (const another of [
        one.name("session", "userp", "assword"),
        one.name("session", "user"),
        one.name("guard", "user", "password"),
        other.name("session", "user", "password")
      ]) {
        assert.notStrictEqual(yield* another, name)
      }
    })
  )

  it.effect("is one user's only with that user's password, and the same in each process", () =>
    Effect.gen(function* () {
      const user = (password: string, username = "user") => ({ username, password: Redacted.make(password) })
      const one = yield* vault.make(app())
      const other = yield* vault.make(app())
      const mine = yield* one.ofUser(user("password"))
      const same = yield* other.ofUser(user("password"))
      const sealed = yield* mine.seal("name", text)
      assert.deepStrictEqual(yield* same.open("name", sealed), Option.some(text))
      assert.strictEqual(yield* same.name("session"), yield* mine.name("session"))
      const strangers = [one.ofUser(user("another")), one.ofUser(user("password", "another")), Effect.succeed(one)]
      for (const stranger of yield* Effect.all(strangers)) {
        assert.isTrue(Option.isNone(yield* stranger.open("name", sealed)))
        assert.notStrictEqual(yield* stranger.name("session"), yield* mine.name("session"))
      }
    })
  )

  it.effect("hashes a user's password once, and again only if it is another", () =>
    Effect.gen(function* () {
      const { ofUser } = yield* vault.make(app())
      const user = (password: string) => ({ username: "user", password: Redacted.make(password) })
      const first = yield* ofUser(user("password"))
      assert.strictEqual(yield* ofUser(user("password")), first)
      assert.notStrictEqual(yield* ofUser(user("another")), first)
    })
  )

  it.effect("of a sealing secret opens what was sealed before the application secret was rotated", () =>
    Effect.gen(function* () {
      const one = yield* vault.makeOf(Redacted.make("a sealing secret"))
      const other = yield* vault.makeOf(Redacted.make("a sealing secret"))
      assert.deepStrictEqual(yield* other.open("name", yield* one.seal("name", text)), Option.some(text))
    })
  )
})
