import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { createClient, createCluster } from "redis"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as Credentials from "../../src/Credentials.js"
import * as RedisCredentialStore from "../../src/RedisCredentialStore.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account, cost, credentials } from "../utils/pipeline.js"
import * as redis from "./redis.js"
import { all, callsOf, counted, fleet, type Member, member, type Shared, session } from "./runtimes.js"
import * as topology from "./topology.js"

const platform = ThingSpaceEmulator.layer({ requestLatency: "20 millis", responseLatency: "20 millis" })
const emulator = ThingSpaceEmulator.ThingSpaceEmulator
const hasty = { idleTimeout: "4 seconds" } as const

const sharedBy = (options: RedisCredentialStore.Options): Shared =>
  Layer.orDie(Layer.suspend(() => RedisCredentialStore.layer({ leaseTime: "1 second", ...options })))

/** Ends the session and calls with all, again and again, until one login serves them all; says after how many seconds. */
const sharedAgain = (members: ReadonlyArray<Member>) =>
  Effect.gen(function* () {
    const started = performance.now()
    const round = Effect.gen(function* () {
      const before = (yield* cost).logins
      yield* Effect.flatMap(emulator, ({ endSessions }) => endSessions)
      yield* callsOf(members)
      return (yield* cost).logins - before
    })
    yield* Effect.retry(
      Effect.filterOrFail(round, (logins) => logins === 1),
      {
        times: 20,
        schedule: Schedule.spaced("1 second")
      }
    )
    return (performance.now() - started) / 1000
  })

/** The store that a layer provides. */
const storeOf = (layer: Layer.Layer<CredentialStore.CredentialStore, unknown>) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(layer)
    return yield* Effect.flatten(Effect.provide(CredentialStore.CredentialStore, context))
  })

const troubleOf = (options: RedisCredentialStore.Options) =>
  Effect.gen(function* () {
    const store = yield* storeOf(RedisCredentialStore.layer(options))
    return (yield* Effect.flip(store.get("a key"))).description
  })

redis.describeWithRedis("a fleet over a Redis that fails over", () => {
  it.scopedLive("leaves the old primary, which answers READONLY, and shares again within 10 seconds", () =>
    Effect.gen(function* () {
      const { primary, replica } = yield* topology.pair
      const alias = yield* topology.alias(primary)
      const members = yield* fleet(3, sharedBy({ url: alias.url }), hasty)
      assert.deepStrictEqual(counted(yield* callsOf(members)), { 200: 3 })
      yield* topology.failOver(primary, replica)
      yield* alias.pointTo(replica)
      assert.deepStrictEqual(counted(yield* callsOf(members, 5)), { 200: 15 })
      assert.isBelow(yield* sharedAgain(members), 10)
      const newcomer = yield* member(sharedBy({ url: alias.url }), hasty)
      const { logins } = yield* cost
      assert.strictEqual(yield* newcomer.call, "200")
      assert.strictEqual((yield* cost).logins, logins)
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("sends no password again that it saw refused, though the failover has lost that", () =>
    Effect.gen(function* () {
      const { primary, replica } = yield* topology.pair
      const alias = yield* topology.alias(primary)
      yield* Effect.flatMap(emulator, ({ changePassword }) => changePassword(credentials.username, "the right one"))
      let password = "A"
      const supplied = Effect.sync(() => ({ username: credentials.username, password: Redacted.make(password) }))
      const runtime = yield* Layer.build(
        ThingSpaceHttpClient.layerFromCredentials().pipe(
          Layer.provide([Credentials.layerApp(credentials), Credentials.layerUwsEffect(supplied)]),
          Layer.provide(sharedBy({ url: alias.url }))
        )
      )
      const call = (next: string) =>
        Effect.gen(function* () {
          password = next
          const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
          return (yield* Effect.flip(client.get(account)))._tag
        }).pipe(Effect.provide(runtime))
      assert.strictEqual(yield* call("A"), "SessionError")
      assert.strictEqual(yield* call("B"), "SessionError")
      yield* replica.command("REPLICAOF", "NO", "ONE")
      assert.strictEqual(yield* call("C"), "SessionError")
      yield* topology.failOver(primary, replica)
      yield* alias.pointTo(replica)
      assert.strictEqual(yield* call("B"), "LoginBlocked")
      assert.strictEqual(yield* call("C"), "LoginBlocked")
      assert.strictEqual(yield* call("D"), "SessionError")
      assert.strictEqual(yield* call("the right one"), "LoginBlocked")
      assert.strictEqual((yield* cost).logins, 4)
    }).pipe(Effect.provide(platform))
  )

  it.scopedLive("follows the primary that Sentinel names, and fails no call while there is none", () =>
    Effect.gen(function* () {
      const { primary } = yield* topology.pair
      const sentinel = yield* topology.sentinel(primary)
      const members = yield* fleet(3, sharedBy({ sentinel }), hasty)
      assert.deepStrictEqual(counted(yield* callsOf(members)), { 200: 3 })
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
      yield* primary.kill
      assert.deepStrictEqual(counted(yield* callsOf(members, 5)), { 200: 15 })
      assert.isBelow(yield* sharedAgain(members), 10)
    }).pipe(Effect.provide(platform))
  )
})

redis.describeWithRedis("a fleet over a Redis Cluster", () => {
  it.scopedLive("shares, also while slots are moved", () =>
    Effect.gen(function* () {
      const { move, nodes, urls } = yield* topology.cluster
      const members = yield* fleet(3, sharedBy({ cluster: urls }), hasty)
      assert.deepStrictEqual(counted(yield* callsOf(members)), { 200: 3 })
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
      const [first, second, third] = nodes
      const moving = yield* Effect.fork(Effect.all([move(first, second, 2000), move(third, first, 2000)]))
      const outcomes: Array<string> = []
      yield* Effect.repeat(
        Effect.gen(function* () {
          yield* Effect.flatMap(emulator, ({ endSessions }) => endSessions)
          outcomes.push(...(yield* callsOf(members, 3)))
        }),
        {
          while: () => Effect.map(Fiber.poll(moving), ({ _tag }) => _tag === "None"),
          schedule: Schedule.spaced("200 millis")
        }
      )
      assert.deepStrictEqual(Object.keys(counted(outcomes)), ["200"])
      yield* sharedAgain(members)
      const sessions = new Set(yield* all(members.map(({ run }) => run(session))))
      assert.strictEqual(sessions.size, 1)
    }).pipe(Effect.provide(platform))
  )
})

redis.describeWithRedis("a store over a client of the program's own", () => {
  it.scopedLive("works with a client and with a cluster of node-redis", () =>
    Effect.gen(function* () {
      const server = yield* redis.make
      const { urls } = yield* topology.cluster
      const client = yield* Effect.acquireRelease(
        Effect.promise(() => createClient({ url: Redacted.value(server.url) }).connect()),
        (own) => Effect.promise(() => own.close())
      )
      const rootNodes = urls.map((url) => ({ url: Redacted.value(url) }))
      const cluster = yield* Effect.acquireRelease(
        Effect.promise(() => createCluster({ rootNodes }).connect()),
        (own) => Effect.promise(() => own.close())
      )
      for (const own of [client, cluster]) {
        const store = yield* storeOf(RedisCredentialStore.layerFromClient(own))
        const lease = yield* Effect.flatten(store.lease("a key"))
        assert.isTrue(yield* store.set(lease, "a value", lease.duration))
        assert.strictEqual((yield* Effect.flatten(store.get("a key"))).value, "a value")
      }
    })
  )
})

redis.describeWithRedis("a Redis with access rules", () => {
  it.scopedLive("needs nine commands and the keys under the prefix, and no more", () =>
    Effect.gen(function* () {
      const { port, ...server } = yield* redis.make
      const commands = ["eval", "time", "hget", "hset", "hdel", "pttl", "pexpire", "ping", "hello"]
      const rules = ["on", ">secret", "~fleet:*", ...commands.map((command) => `+${command}`)]
      yield* server.command("ACL", "SETUSER", "thingspace", ...rules)
      const url = Redacted.make(`redis://thingspace:secret@127.0.0.1:${port}`)
      const store = yield* storeOf(RedisCredentialStore.layer({ url, prefix: "fleet:" }))
      const lease = yield* Effect.flatten(store.lease("a key"))
      assert.isTrue(yield* store.set(lease, "a value", lease.duration))
      assert.isTrue(yield* store.extend("a key", lease.token, lease.duration))
      assert.isTrue(yield* store.renew(lease))
      yield* store.remove("a key", lease.token)
      yield* store.release(lease)
      const elsewhere = yield* storeOf(RedisCredentialStore.layer({ url, prefix: "others:" }))
      const refused = yield* Effect.flip(elsewhere.get("a key"))
      assert.strictEqual(refused.description, "Redis does not let this user in, or do this (NOPERM)")
    })
  )
})

redis.describeWithRedis("a Redis that cannot be used", () => {
  it.scopedLive("keeps a layer from being built for 2 seconds at most if it never answers", () =>
    Effect.gen(function* () {
      const url = yield* topology.mute
      const started = performance.now()
      assert.match(yield* troubleOf({ url }), /^Redis cannot be reached/)
      assert.isBelow(performance.now() - started, 3000)
    })
  )

  it.scopedLive("is told by its cause: nobody listens", () =>
    Effect.gen(function* () {
      const port = yield* redis.freePort
      const said = yield* troubleOf({ url: Redacted.make(`redis://127.0.0.1:${port}`) })
      assert.strictEqual(said, "no Redis listens at this address (ECONNREFUSED)")
    })
  )

  it.scopedLive("is told by its cause: the password is wrong, or missing", () =>
    Effect.gen(function* () {
      const { port, ...server } = yield* redis.make
      yield* server.command("CONFIG", "SET", "requirepass", "the right one")
      const wrong = yield* troubleOf({ url: Redacted.make(`redis://:wrong@127.0.0.1:${port}`) })
      assert.strictEqual(wrong, "Redis does not let this user in, or do this (WRONGPASS)")
      const none = yield* troubleOf({ url: Redacted.make(`redis://127.0.0.1:${port}`) })
      assert.strictEqual(none, "Redis does not let this user in, or do this (NOAUTH)")
    })
  )

  it.scopedLive("is told by its cause: the certificate is not trusted", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* topology.secure
      const said = yield* troubleOf({ url })
      assert.match(said, /certificate of Redis is not trusted .*NODE_EXTRA_CA_CERTS/)
      const store = yield* storeOf(RedisCredentialStore.layer({ url, tls: { ca } }))
      assert.isTrue((yield* store.get("a key"))._tag === "None")
    })
  )
})
