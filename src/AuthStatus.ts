/**
 * What is known of the credentials at this moment: for readiness checks, dashboards and whoever is woken at night.
 *
 * Looking sends no request and reads no vault, and nothing lives longer for being looked at.
 *
 * @since 0.2.0
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { FastPath, SessionPath } from "./internal/credential/fastPath.js"
import type { Token } from "./internal/credential/held.js"
import type { Observed } from "./internal/credential/observation.js"
import * as signal from "./internal/credential/signal.js"
import * as memories from "./internal/login/memory.js"
import { fingerprintOf, fingerprintOfText } from "./internal/secrets/fingerprint.js"
import { CredentialStore } from "./internal/store/reference.js"
import { Tools } from "./internal/store/sharing.js"
import { LoginGuard, LoginStatus } from "./LoginGuard.js"
import { SessionSource } from "./SessionSource.js"
import { ThingSpaceConfig } from "./ThingSpaceConfig.js"
import { TokenSource } from "./TokenSource.js"

const none = Schema.TaggedStruct("None", {})
const acquiring = Schema.TaggedStruct("Acquiring", {})
const unknown = Schema.TaggedStruct("Unknown", {})

const held = {
  /** As `AccessToken.fingerprint` and `SessionToken.fingerprint` have it, and the logs. */
  fingerprint: Schema.String,
  /** How long this process has had it; none if it was issued elsewhere and does not change. */
  age: Schema.OptionFromNullOr(Schema.DurationFromMillis)
}

/**
 * What can be seen without asking anyone. Holds fingerprints, and no secret; its encoded form is JSON.
 *
 * - A credential is `None` if the next call acquires it, `Acquiring` if calls wait for it, and `Unknown` if its source is
 *   one of the program's own, or a wrapper that was made by a spread.
 * - `login` is that of the user who was read last, and `Open` if none has been: that a vault supplies another password is
 *   known only after the next call that logs in.
 *
 * @since 0.2.0
 * @category models
 */
export class Snapshot extends Schema.Class<Snapshot>("effect-thingspace-auth/AuthStatus/Snapshot")({
  /** The access token, and when it expires; none if it does not say. */
  token: Schema.Union(
    none,
    acquiring,
    Schema.TaggedStruct("Held", { ...held, expiresAt: Schema.OptionFromNullOr(Schema.DateTimeUtc) }),
    unknown
  ),
  /** The session, and when it ends unless it is used before; none if it does not change. */
  session: Schema.Union(
    none,
    acquiring,
    Schema.TaggedStruct("Held", { ...held, idleUntil: Schema.OptionFromNullOr(Schema.DateTimeUtc) }),
    unknown
  ),
  /** Whether a login may be sent, as `LoginStatus` has it. */
  login: Schema.Union(
    Schema.TaggedStruct("Open", {}),
    Schema.TaggedStruct("Paused", { until: Schema.DateTimeUtc }),
    Schema.TaggedStruct("Blocked", { reason: Schema.Literal("PasswordRefused", "TooManyStrikes") })
  ),
  /** The fingerprint of the UWS username that was read last; none if none has been. */
  user: Schema.OptionFromNullOr(Schema.String),
  /** Where tokens are requested. */
  platform: Schema.Struct({ baseUrl: Schema.String }),
  /** `Failing` from an operation of the `CredentialStore` that failed until something has been stored again. */
  store: Schema.Literal("None", "Works", "Failing")
}) {}

/**
 * What can be asked.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service {
  /** What is known now. */
  readonly get: Effect.Effect<Snapshot>
  /**
   * What is known now, and again after each change but of ages and of `idleUntil`. A change that the next overtakes may
   * be left out. Nothing is polled: between changes one timer waits for the next end of a pause or a credential. Ends with
   * its subscriber, not with the layer.
   */
  readonly changes: Stream.Stream<Snapshot>
}

/**
 * What is known of the credentials.
 *
 * @since 0.2.0
 * @category tags
 */
export class AuthStatus extends Context.Tag("effect-thingspace-auth/AuthStatus")<AuthStatus, Service>() {}

/** `held` says what there is to say of its end. */
const seen = <T extends Token, A extends object>(
  observed: Observed<T> | undefined,
  now: number,
  held: (end: Option.Option<DateTime.Utc>) => A
) => {
  const credential = observed?.observe(now)
  if (credential === undefined) return unknown.make({})
  if (credential._tag !== "Held") return credential
  const { _tag, expiresAt, since, token } = credential
  const age = Option.map(Option.fromNullable(since), (at) => Duration.millis(now - at))
  return { _tag, fingerprint: fingerprintOf(token.secret), age, ...held(DateTime.make(expiresAt)) }
}

const encode = Schema.encodeSync(Snapshot)

/** All that a subscriber is told of: ages grow, and each use moves the end of a session. */
const news = (snapshot: Snapshot): string =>
  JSON.stringify(encode(snapshot), (field, value) => (field === "age" || field === "idleUntil" ? undefined : value))

/** How long until something ends by itself, in milliseconds. */
const untilNextEnd = ({ login, session, token }: Snapshot, now: number): number => {
  const ends = [
    ...(login._tag === "Paused" ? [login.until] : []),
    ...(session._tag === "Held" ? Option.toArray(session.idleUntil) : []),
    ...(token._tag === "Held" ? Option.toArray(token.expiresAt) : [])
  ]
  return Math.max(1, Math.min(...ends.map(({ epochMillis }) => epochMillis - now)))
}

/**
 * Looks at the parts at hand, whichever they are, and at the `CredentialStore` in force.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make: Effect.Effect<Service, never, TokenSource | SessionSource | LoginGuard> = Effect.gen(function* () {
  const tokens = yield* TokenSource
  const sessions = yield* SessionSource
  const guard = yield* LoginGuard
  const { baseUrl } = tokens.platform ?? (yield* ThingSpaceConfig)
  const memory = yield* memories.current
  const tools = yield* Tools
  const store = Option.getOrUndefined(yield* CredentialStore)
  const token = FastPath.observedOf(tokens)
  const session = FastPath.observedOf(sessions)

  const get = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const user = SessionPath.userOf(sessions)
    return new Snapshot({
      token: seen(token, now, (expiresAt) => ({ expiresAt })),
      session: seen(session, now, (idleUntil) => ({ idleUntil })),
      login: user === undefined ? LoginStatus.Open() : yield* guard.status(user),
      user: Option.map(Option.fromNullable(user), ({ username }) => fingerprintOfText(username)),
      platform: { baseUrl },
      store: store === undefined || tools === undefined ? "None" : tools.isFailing(store) ? "Failing" : "Works"
    })
  })

  const subjects = [token?.subject, session?.subject, store, memory].filter((subject) => subject !== undefined)

  const changes = Effect.gen(function* () {
    const touched = yield* Queue.sliding<void>(1)
    const listening = subjects.map((subject) => signal.listen(subject, () => touched.unsafeOffer(undefined)))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const end of listening) end()
      })
    )
    const changed = (before: Snapshot) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.timeoutOption(Queue.take(touched), Duration.millis(untilNextEnd(before, now)))
      )
    return Stream.unfoldEffect(undefined, (before: Snapshot | undefined) =>
      Effect.map(Effect.zipRight(before === undefined ? Effect.void : changed(before), get), (snapshot) =>
        Option.some([snapshot, snapshot] as const)
      )
    )
  })

  return {
    get,
    changes: Stream.changesWith(Stream.unwrapScoped(changes), (one, other) => news(one) === news(other))
  }
})

/**
 * The status of parts that a program has put together by hand; the assembled layers of `ThingSpaceHttpClient` provide it
 * themselves.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer: Layer.Layer<AuthStatus, never, TokenSource | SessionSource | LoginGuard> = Layer.effect(
  AuthStatus,
  make
)
