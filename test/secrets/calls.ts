import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import type { Endpoint } from "../../src/AuthError.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as TokenSource from "../../src/TokenSource.js"
import { paths } from "../utils/pipeline.js"
import * as platform from "./platform.js"

interface Call {
  readonly path: string
  /** What has to be there before. */
  readonly before: Effect.Effect<unknown, unknown, platform.Services>
  readonly ask: Effect.Effect<unknown, unknown, platform.Services>
}

const tokens = Effect.flatMap(TokenSource.TokenSource, ({ get }) => get)
const sessions = Effect.flatMap(SessionSource.SessionSource, ({ get }) => get)

/** Has the platform choose another password. */
export const resetPassword = Effect.gen(function* () {
  const client = yield* SessionClient.SessionClient
  return yield* client.resetPassword(yield* tokens, yield* sessions, Redacted.make(platform.secrets.password))
}).pipe(Effect.provide(SessionClient.layer))

/** The five authentication calls, as a program with the whole pipeline makes them. */
export const calls: Readonly<Record<Endpoint, Call>> = {
  requestToken: { path: paths.token, before: Effect.void, ask: tokens },
  revokeToken: {
    path: paths.revoke,
    before: tokens,
    ask: Effect.flatMap(TokenSource.TokenSource, ({ revoke }) => revoke)
  },
  login: { path: paths.login, before: tokens, ask: sessions },
  logout: {
    path: paths.logout,
    before: sessions,
    ask: Effect.flatMap(SessionSource.SessionSource, ({ logout }) => logout)
  },
  resetPassword: { path: "/api/m2m/v1/session/password/actions/reset", before: sessions, ask: resetPassword }
}

/** Lets so much time pass that nothing waits any more. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("30 seconds")
    return yield* fiber
  })
