import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AccessToken from "../src/AccessToken.js"
import * as AuthStatus from "../src/AuthStatus.js"
import * as CredentialStore from "../src/CredentialStore.js"
import * as Credentials from "../src/Credentials.js"
import * as LoginGuard from "../src/LoginGuard.js"
import * as SessionSource from "../src/SessionSource.js"
import * as SessionToken from "../src/SessionToken.js"
import * as ThingSpaceConfig from "../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../src/TokenSource.js"
import * as pipeline from "./utils/pipeline.js"
import * as secrecy from "./utils/secrecy.js"

const { account, credentials, settle } = pipeline
const { username } = ThingSpaceEmulator.defaults

const get = Effect.flatMap(AuthStatus.AuthStatus, (status) => status.get)
const encoded = Effect.map(get, Schema.encodeSync(AuthStatus.Snapshot))
const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))
const sources = Effect.all({ tokens: TokenSource.TokenSource, sessions: SessionSource.SessionSource })
const requests = Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, ({ exchanges }) =>
  Effect.map(exchanges, (all) => all.length)
)
const platform = Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, Effect.succeed)

const wrong = { password: Redacted.make("not-the-password") }

/** What each snapshot of a stream says, in a few words. */
const words = ({ login, session, store, token }: AuthStatus.Snapshot) =>
  `token ${token._tag}, session ${session._tag}, login ${login._tag}${store === "None" ? "" : `, store ${store}`}`

/** Subscribes for as long as the scope lives, and shows what has been told so far. */
const watching = Effect.gen(function* () {
  const told = yield* Ref.make<ReadonlyArray<AuthStatus.Snapshot>>([])
  const { changes } = yield* AuthStatus.AuthStatus
  yield* Effect.forkScoped(Stream.runForEach(changes, (snapshot) => Ref.update(told, (all) => [...all, snapshot])))
  yield* settle
  return { told: Effect.zipRight(settle, Ref.get(told)) }
})

/** A store in memory that can be made to fail. */
const storeOf = (isBroken: () => boolean): CredentialStore.Service => {
  const entries = new Map<string, CredentialStore.Entry>()
  let fence = 0
  const run = <A>(f: () => A) =>
    Effect.suspend(() =>
      isBroken() ? Effect.fail(new CredentialStore.CredentialStoreError({ description: "broken" })) : Effect.sync(f)
    )
  return {
    get: (key) => run(() => Option.fromNullable(entries.get(key))),
    lease: (key) => run(() => Option.some({ key, token: ++fence, duration: Duration.seconds(30) })),
    renew: () => run(() => true),
    release: () => run(() => {}),
    set: (lease, value, timeToLive) =>
      run(() => {
        entries.set(lease.key, { value, version: lease.token, timeToLive })
        return true
      }),
    extend: () => run(() => true),
    remove: (key) => run(() => void entries.delete(key))
  }
}

describe("get", () => {
  it.effect("shows that nothing is held, and whose login it will be, before the first call", () =>
    Effect.gen(function* () {
      const { user, ...rest } = yield* encoded
      assert.match(user ?? "", /^#[0-9a-f]{8}$/)
      assert.deepStrictEqual(rest, {
        token: { _tag: "None" },
        session: { _tag: "None" },
        login: { _tag: "Open" },
        platform: { baseUrl: "https://thingspace.verizon.com" },
        store: "None"
      })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("shows fingerprint, age and end of what is held", () =>
    Effect.gen(function* () {
      yield* call
      const { sessions, tokens } = yield* sources
      const token = AccessToken.fingerprint(yield* tokens.get)
      const session = SessionToken.fingerprint(yield* sessions.get)
      yield* TestClock.adjust("5 minutes")
      const snapshot = yield* encoded
      assert.deepStrictEqual(snapshot.token, {
        _tag: "Held",
        fingerprint: token,
        age: 300_000,
        expiresAt: "1970-01-01T01:00:00.000Z"
      })
      assert.deepStrictEqual(snapshot.session, {
        _tag: "Held",
        fingerprint: session,
        age: 300_000,
        idleUntil: "1970-01-01T00:20:00.000Z"
      })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("shows an acquisition that calls wait for", () =>
    Effect.gen(function* () {
      const emulator = yield* platform
      yield* emulator.failNext(ThingSpaceEmulator.hang, { path: pipeline.paths.login })
      const fiber = yield* Effect.fork(Effect.exit(call))
      yield* settle
      const { session, token } = yield* get
      assert.deepStrictEqual([token._tag, session._tag], ["Held", "Acquiring"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("shows nothing in place of a session that has idled out and a token that has expired", () =>
    Effect.gen(function* () {
      yield* call
      yield* TestClock.adjust("20 minutes")
      assert.strictEqual(words(yield* get), "token Held, session None, login Open")
      yield* TestClock.adjust("40 minutes")
      assert.strictEqual(words(yield* get), "token None, session None, login Open")
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop })))
  )

  it.effect("keeps the age of a token that a renewal has brought again", () =>
    Effect.gen(function* () {
      const { tokens } = yield* sources
      yield* tokens.get
      yield* TestClock.adjust("55 minutes")
      yield* tokens.get
      yield* settle
      assert.strictEqual((yield* pipeline.cost).tokens, 2)
      const { token } = yield* encoded
      assert.deepStrictEqual(token._tag === "Held" ? token.age : undefined, 55 * 60_000)
    }).pipe(Effect.provide(pipeline.layer({ refreshMargin: "10 minutes" })))
  )

  it.effect("shows a password that was refused as Blocked, to a pipeline that has sent nothing too", () =>
    Effect.gen(function* () {
      yield* Effect.flip(call)
      const blocked = { _tag: "Blocked", reason: "PasswordRefused" } as const
      assert.deepStrictEqual((yield* encoded).login, blocked)
      const { login, session } = yield* Effect.provide(
        encoded,
        Layer.fresh(ThingSpaceHttpClient.layer({ ...credentials, ...wrong }))
      )
      assert.deepStrictEqual(login, blocked)
      assert.deepStrictEqual(session, { _tag: "None" })
    }).pipe(Effect.provide(pipeline.layer(wrong)))
  )

  it.effect("shows a login that waits as Paused, and until when", () =>
    Effect.gen(function* () {
      const emulator = yield* platform
      yield* emulator.failNext(ThingSpaceEmulator.answer(503), { path: pipeline.paths.login })
      yield* Effect.flip(call)
      assert.deepStrictEqual((yield* encoded).login, { _tag: "Paused", until: "1970-01-01T00:00:02.000Z" })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual((yield* encoded).login, { _tag: "Open" })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("shows whether the store works", () => {
    let isBroken = false
    return Effect.gen(function* () {
      const { tokens } = yield* sources
      assert.strictEqual((yield* get).store, "Works")
      isBroken = true
      yield* tokens.get
      assert.strictEqual((yield* get).store, "Failing")
    }).pipe(Effect.provide(Layer.provide(pipeline.layer(), CredentialStore.layer(storeOf(() => isBroken)))))
  })

  it.effect("shows the platform in force, an option's before the one beneath", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get).platform.baseUrl, "https://option.example")
    }).pipe(
      Effect.provide(
        Layer.provide(
          pipeline.layer({ baseUrl: "https://option.example" }),
          Layer.orDie(ThingSpaceConfig.layer({ baseUrl: "https://beneath.example" }))
        )
      )
    )
  )

  it.effect("sends no request, and starts no acquisition", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 10; n++) yield* get
      yield* settle
      assert.strictEqual(yield* requests, 0)
      assert.strictEqual(words(yield* get), "token None, session None, login Open")
      yield* call
      const before = yield* requests
      for (let n = 0; n < 10; n++) yield* get
      yield* settle
      assert.strictEqual(yield* requests, before)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("does not prolong a session", () =>
    Effect.gen(function* () {
      yield* call
      for (let minute = 0; minute < 20; minute++) {
        assert.strictEqual((yield* get).session._tag, "Held")
        yield* TestClock.adjust("1 minute")
      }
      assert.strictEqual((yield* get).session._tag, "None")
      assert.deepStrictEqual(yield* pipeline.cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop })))
  )

  it.effect("reads no vault, and names the user that was read last", () => {
    let reads = 0
    const vault = Effect.sync(() => {
      reads += 1
      return { username, password: credentials.password }
    })
    return Effect.gen(function* () {
      assert.deepStrictEqual((yield* get).user, Option.none())
      assert.strictEqual(reads, 0)
      yield* call
      const after = reads
      assert.isTrue(Option.isSome((yield* get).user))
      assert.strictEqual(reads, after)
    }).pipe(
      Effect.provide(
        ThingSpaceHttpClient.layerFromCredentials().pipe(
          Layer.provide([Credentials.layerApp(credentials), Credentials.layerUwsEffect(vault)]),
          Layer.provideMerge(ThingSpaceEmulator.layer())
        )
      )
    )
  })

  it.effect("shows one user's over a token that many share", () =>
    Effect.gen(function* () {
      yield* call
      assert.strictEqual(words(yield* get), "token Held, session Held, login Open")
    }).pipe(
      Effect.provide(
        ThingSpaceHttpClient.layerForUser().pipe(
          Layer.provide(Credentials.layerUws(credentials)),
          Layer.provide(pipeline.layer()),
          Layer.provide(pipeline.layer()),
          Layer.provideMerge(ThingSpaceEmulator.layer())
        )
      )
    )
  )

  it.effect("shows static parts without an age or an end, and those that a program wrote as Unknown", () => {
    const status = (tokens: Layer.Layer<TokenSource.TokenSource>, sessions: Layer.Layer<SessionSource.SessionSource>) =>
      Effect.provide(encoded, Layer.provide(AuthStatus.layer, [tokens, sessions, LoginGuard.layer]))
    return Effect.gen(function* () {
      const fixed = yield* status(
        TokenSource.layerStatic(Redacted.make("a token")),
        SessionSource.layerStatic(Redacted.make("a session"))
      )
      assert.deepInclude(fixed.token, { _tag: "Held", age: null, expiresAt: null })
      assert.deepInclude(fixed.session, { _tag: "Held", age: null, idleUntil: null })
      assert.isNull(fixed.user)
      const own = pipeline.ownSources()
      const { session, token } = yield* status(
        Layer.succeed(TokenSource.TokenSource, own.tokens),
        Layer.succeed(SessionSource.SessionSource, own.sessions)
      )
      assert.deepStrictEqual([token, session], [{ _tag: "Unknown" }, { _tag: "Unknown" }])
    })
  })

  it.effect("shows the token that a source made by map hands out, and a wrapper made by a spread as Unknown", () =>
    Effect.gen(function* () {
      const { tokens } = yield* sources
      const shouting = ({ expiresAt, secret }: AccessToken.AccessToken) =>
        new AccessToken.AccessToken({ expiresAt, secret: Redacted.make(Redacted.value(secret).toUpperCase()) })
      const mapped = TokenSource.map(tokens, shouting)
      const token = yield* mapped.get
      const statusOver = (service: TokenSource.Service) =>
        Effect.map(Effect.provideService(AuthStatus.make, TokenSource.TokenSource, service), (status) => status.get)
      const seen = yield* Effect.flatten(statusOver(mapped))
      assert.deepInclude(seen.token, { _tag: "Held", fingerprint: AccessToken.fingerprint(token) })
      const wrapped = yield* Effect.flatten(statusOver({ ...tokens, get: Effect.succeed(token) }))
      assert.deepStrictEqual(wrapped.token, { _tag: "Unknown" })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("shows no secret, however it is printed, and survives JSON", () =>
    Effect.gen(function* () {
      yield* call
      const { sessions, tokens } = yield* sources
      const secrets = [
        ...[yield* tokens.get, yield* sessions.get].map(({ secret }) => Redacted.value(secret)),
        ...[credentials.key, credentials.secret, credentials.password].map(Redacted.value),
        username
      ]
      const snapshot = yield* get
      secrecy.assertSecret(snapshot, secrets)
      secrecy.assertSecret(yield* AuthStatus.AuthStatus, secrets)
      const json = JSON.stringify(yield* encoded)
      for (const secret of secrets) assert.notInclude(json, secret)
      const again = yield* Schema.decode(Schema.parseJson(AuthStatus.Snapshot))(json)
      assert.deepStrictEqual(again, snapshot)
    }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("changes", () => {
  it.scoped("tells what is known at first, and then each change in order", () =>
    Effect.gen(function* () {
      const { told } = yield* watching
      const emulator = yield* platform
      yield* emulator.failNext(ThingSpaceEmulator.delayed("1 second"), { path: pipeline.paths.token })
      yield* emulator.failNext(ThingSpaceEmulator.delayed("1 second"), { path: pipeline.paths.login })
      yield* Effect.fork(call)
      for (let second = 0; second < 3; second++) yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* told).map(words), [
        "token None, session None, login Open",
        "token None, session Acquiring, login Open",
        "token Acquiring, session Acquiring, login Open",
        "token Held, session Acquiring, login Open",
        "token Held, session Held, login Open"
      ])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.scoped("tells nothing of calls, though each moves the end of the session", () =>
    Effect.gen(function* () {
      yield* call
      const { told } = yield* watching
      for (let minute = 0; minute < 19; minute++) {
        yield* TestClock.adjust("1 minute")
        yield* call
      }
      assert.strictEqual((yield* told).length, 1)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.scoped("tells of a session that idles out, when it does, and of a token that expires", () =>
    Effect.gen(function* () {
      yield* call
      const { told } = yield* watching
      yield* TestClock.adjust("10 minutes")
      yield* call
      yield* TestClock.adjust("20 minutes")
      yield* TestClock.adjust("30 minutes")
      assert.deepStrictEqual((yield* told).map(words), [
        "token Held, session Held, login Open",
        "token Held, session None, login Open",
        "token None, session None, login Open"
      ])
      assert.deepStrictEqual(yield* pipeline.cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop })))
  )

  it.scoped("tells of a pause, and of its end by time", () =>
    Effect.gen(function* () {
      const { told } = yield* watching
      const emulator = yield* platform
      yield* emulator.failNext(ThingSpaceEmulator.answer(503), { path: pipeline.paths.login })
      yield* Effect.flip(call)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual((yield* told).slice(-2).map(words), [
        "token Held, session None, login Paused",
        "token Held, session None, login Open"
      ])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.scoped("tells of a block, and of the reset that lifts it", () =>
    Effect.gen(function* () {
      const { told } = yield* watching
      yield* Effect.flip(call)
      yield* settle
      yield* Effect.flatMap(LoginGuard.LoginGuard, ({ reset }) => reset({ username }))
      assert.deepStrictEqual((yield* told).slice(-2).map(words), [
        "token Held, session None, login Blocked",
        "token Held, session None, login Open"
      ])
    }).pipe(Effect.provide(pipeline.layer(wrong)))
  )

  it.scoped("tells of a credential that was refused, and of its successor", () =>
    Effect.gen(function* () {
      yield* call
      const { told } = yield* watching
      const { sessions } = yield* sources
      yield* sessions.invalidate(yield* sessions.get)
      yield* settle
      yield* call
      const seen = (yield* told).map(({ session }) => (session._tag === "Held" ? session.fingerprint : session._tag))
      assert.strictEqual(seen[1], "None")
      assert.match(seen.at(-1) ?? "", /^#/)
      assert.notStrictEqual(seen.at(-1), seen[0])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.scoped("tells of a store that fails, and of its recovery", () => {
    let isBroken = true
    return Effect.gen(function* () {
      const { told } = yield* watching
      const { tokens } = yield* sources
      const token = yield* tokens.get
      yield* settle
      isBroken = false
      yield* TestClock.adjust("5 seconds")
      yield* tokens.invalidate(token)
      yield* tokens.get
      const stores = (yield* told).map(({ store }) => store)
      assert.deepStrictEqual(
        stores.filter((store, at) => store !== stores[at - 1]),
        ["Works", "Failing", "Works"]
      )
    }).pipe(Effect.provide(Layer.provide(pipeline.layer(), CredentialStore.layer(storeOf(() => isBroken)))))
  })

  it.effect("listens for as long as somebody subscribes, each for themselves", () =>
    Effect.gen(function* () {
      const { changes } = yield* AuthStatus.AuthStatus
      const first = yield* Effect.fork(Stream.runCollect(Stream.take(changes, 2)))
      const second = yield* Effect.fork(Stream.runCollect(Stream.take(changes, 2)))
      yield* settle
      yield* call
      for (const fiber of [first, second]) {
        const all = Chunk.toReadonlyArray(yield* Fiber.join(fiber))
        assert.deepStrictEqual(all.map(({ token }) => token._tag)[0], "None")
        assert.strictEqual(all.length, 2)
      }
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.scoped("tells that nothing is held any more once the layer has closed", () =>
    Effect.gen(function* () {
      const { told } = yield* Effect.provide(Effect.zipLeft(watching, call), pipeline.layer())
      assert.strictEqual(
        words((yield* told).at(-1) ?? (yield* Effect.die("nothing was told"))),
        "token None, session None, login Open"
      )
    })
  )
})
