import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { AccessToken } from "../../src/AccessToken.js"
import type * as SessionSource from "../../src/SessionSource.js"
import { SessionToken } from "../../src/SessionToken.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import type * as TokenSource from "../../src/TokenSource.js"

const { account: accountName, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

/** The credentials that the emulated platform accepts. */
export const credentials: ThingSpaceHttpClient.Options = {
  key: Redacted.make(appKey),
  secret: Redacted.make(appSecret),
  username,
  password: Redacted.make(password)
}

/** The whole pipeline, and the platform it talks to. */
export const layer = (options?: Partial<ThingSpaceHttpClient.Options>, platform?: ThingSpaceEmulator.Options) =>
  ThingSpaceHttpClient.layer({ ...credentials, ...options }).pipe(
    Layer.orDie,
    Layer.provideMerge(ThingSpaceEmulator.layer(platform))
  )

/** A resource that needs both credentials. */
export const account = `/api/m2m/v1/accounts/${accountName}`

export const paths = {
  token: "/api/ts/v1/oauth2/token",
  revoke: "/api/ts/v1/oauth2/revoke",
  login: "/api/m2m/v1/session/login",
  logout: "/api/m2m/v1/session/logout"
}

/** What the platform has received on a path so far. */
export const received = (path: string) =>
  Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, ({ exchanges }) =>
    Effect.map(exchanges, (all) => all.filter((exchange) => exchange.path === path))
  )

/** How many requests the platform has received so far for the credentials. */
export const cost = Effect.map(Effect.all([received(paths.token), received(paths.login)]), ([tokens, logins]) => ({
  tokens: tokens.length,
  logins: logins.length
}))

/** Lets every fiber go as far as it can without time passing. */
export const settle = TestClock.adjust(0)

/** Has an effect, and the layers it provides, log everything into a list. */
export const logging = () => {
  const lines: Array<{ readonly level: string; readonly text: string }> = []
  const logger = Logger.make(({ annotations, cause, logLevel, message }) => {
    const printed = inspect([message, annotations, Cause.isEmpty(cause) ? "" : Cause.pretty(cause), cause], {
      depth: 12
    })
    lines.push({ level: logLevel.label, text: printed })
  })
  return {
    lines,
    at: (level: string) => lines.filter((line) => line.level === level).map(({ text }) => text),
    layer: Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All))
  }
}

/** A tracer whose spans can be looked at, parents and links included. */
export const tracing = Effect.map(Effect.tracer, ({ context, span }) => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    context,
    span: (...args) => {
      const made = span(...args)
      spans.push(made)
      return made
    }
  })
  return { spans, tracer, named: (name: string) => spans.find((one) => one.name === name) }
})

/** The names of the spans that a span is linked to. */
export const linkedTo = (span: Tracer.Span | undefined) =>
  span?.links.map(({ span }) => (span._tag === "Span" ? span.name : "external"))

/** Sources as a program could write them: plain objects, here with numbered credentials. */
export const ownSources = () => {
  const used: Array<readonly [session: string, sentAt: number]> = []
  const state = { token: 1, session: 1, used }
  const tokens: TokenSource.Service = {
    get: Effect.sync(
      () => new AccessToken({ secret: Redacted.make(`token-${state.token}`), expiresAt: Option.none() })
    ),
    invalidate: ({ secret }) =>
      Effect.sync(() => {
        if (Redacted.value(secret) === `token-${state.token}`) state.token += 1
      }),
    revoke: Effect.void,
    platform: ThingSpaceConfig.ThingSpaceConfig.defaultValue()
  }
  const sessions: SessionSource.Service = {
    get: Effect.sync(() => new SessionToken({ secret: Redacted.make(`session-${state.session}`) })),
    used: ({ secret }, sentAt) => Effect.sync(() => void used.push([Redacted.value(secret), sentAt])),
    invalidate: ({ secret }) =>
      Effect.sync(() => {
        if (Redacted.value(secret) === `session-${state.session}`) state.session += 1
      }),
    logout: Effect.void
  }
  return { state, tokens, sessions }
}
