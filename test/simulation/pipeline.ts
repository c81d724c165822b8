/**
 * The library, as the simulation puts it together: everything that depends on how its parts are called.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as Credentials from "../../src/Credentials.js"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import type { Setup } from "./program.js"

/** What belongs to one user. */
export interface Part {
  readonly client: Context.Tag.Service<ThingSpaceHttpClient.ThingSpaceHttpClient>
  readonly sessions: SessionSource.Service
  readonly guard: LoginGuard.Service
}

/** One process's pipeline. */
export interface Pipeline {
  readonly tokens: TokenSource.Service
  readonly parts: ReadonlyArray<Part>
}

/** A user of the process, and the way from there to the platform. */
export interface Tenant {
  readonly client: HttpClient.HttpClient
  readonly user: Context.Tag.Service<Credentials.UwsCredentials>
}

/** What a pipeline is built from. */
export interface Foundation {
  readonly setup: Setup
  readonly app: Context.Tag.Service<Credentials.AppCredentials>
  readonly tenants: readonly [Tenant, ...ReadonlyArray<Tenant>]
  readonly store: CredentialStore.Service | undefined
}

const relogins: Readonly<Record<Setup["relogin"], Schedule.Schedule<unknown, Duration.Duration>>> = {
  onIdleExpiry: SessionSource.onIdleExpiry,
  stop: Schedule.stop,
  twice: SessionSource.onIdleExpiry.pipe(Schedule.intersect(Schedule.recurs(2))),
  forever: Schedule.forever
}

type Needs = HttpClient.HttpClient | Credentials.AppCredentials | Credentials.UwsCredentials

type Parts = ThingSpaceHttpClient.ThingSpaceHttpClient | SessionSource.SessionSource | LoginGuard.LoginGuard

const partOf = (context: Context.Context<Parts>): Part => ({
  client: Context.get(context, ThingSpaceHttpClient.ThingSpaceHttpClient),
  sessions: Context.get(context, SessionSource.SessionSource),
  guard: Context.get(context, LoginGuard.LoginGuard)
})

/** As the library assembles it. */
const assembled = ({ setup, tenants }: Foundation, beneath: (tenant: Tenant) => Context.Context<Needs>) =>
  Effect.gen(function* () {
    const [first, ...others] = tenants
    const options = { ...setup, relogin: relogins[setup.relogin] }
    const all = yield* Effect.provide(
      Layer.build(Layer.orDie(ThingSpaceHttpClient.layerFromCredentials(options))),
      beneath(first)
    )
    const tokens = Context.get(all, TokenSource.TokenSource)
    const parts = yield* Effect.forEach(others, (tenant) =>
      Layer.build(ThingSpaceHttpClient.layerForUser(options)).pipe(
        Effect.provide(Context.add(beneath(tenant), TokenSource.TokenSource, tokens)),
        Effect.map(partOf)
      )
    )
    return { tokens, parts: [partOf(all), ...parts] }
  })

/** By hand, because the library's layers would take most of the time of a short program. */
const byHand = ({ setup, tenants }: Foundation, beneath: (tenant: Tenant) => Context.Context<Needs>) =>
  Effect.gen(function* () {
    const options = { ...setup, relogin: relogins[setup.relogin] }
    const tokens = yield* Effect.flatMap(OAuthClient.make, (oauth) =>
      Effect.provideService(TokenSource.make(options), OAuthClient.OAuthClient, oauth)
    ).pipe(Effect.provide(beneath(tenants[0])))
    const parts = yield* Effect.forEach(tenants, (tenant) =>
      Effect.gen(function* () {
        const guard = yield* LoginGuard.make
        const context = Context.make(TokenSource.TokenSource, tokens).pipe(
          Context.add(LoginGuard.LoginGuard, guard),
          Context.add(SessionClient.SessionClient, yield* SessionClient.make)
        )
        const sessions = yield* Effect.provide(SessionSource.make(options), context)
        const client = ThingSpaceHttpClient.withSession(yield* HttpClient.HttpClient, { tokens, sessions })
        return { client, sessions, guard }
      }).pipe(Effect.provide(beneath(tenant)))
    )
    return { tokens, parts }
  })

/** Now and then as the library assembles it, else by hand; as a layer does, either where nothing can be interrupted. */
export const make = (foundation: Foundation): Effect.Effect<Pipeline, never, Scope.Scope> => {
  const { app, setup, store } = foundation
  const beneath = ({ client, user }: Tenant): Context.Context<Needs> =>
    Context.make(HttpClient.HttpClient, client).pipe(
      Context.add(Credentials.AppCredentials, app),
      Context.add(Credentials.UwsCredentials, user)
    )
  const built = Effect.uninterruptible((setup.seed % 8 === 0 ? assembled : byHand)(foundation, beneath))
  return store === undefined
    ? built
    : Effect.flatMap(Layer.build(CredentialStore.layer(store)), (shared) => Effect.provide(built, shared))
}

/** Somebody has made sure that the users' credentials are right, and that they are not locked. */
export const reset = ({ parts: [first] }: Pipeline, usernames: ReadonlyArray<string>): Effect.Effect<void> =>
  first === undefined
    ? Effect.void
    : Effect.forEach(usernames, (username) => first.guard.reset({ username }), { discard: true })
