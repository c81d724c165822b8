import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type { CredentialsError } from "../../AuthError.js"
import { type App, AppCredentials, type Uws, UwsCredentials } from "../../Credentials.js"
import { ThingSpaceConfig } from "../../ThingSpaceConfig.js"
import * as latestUser from "../credential/latestUser.js"
import { readCredentials } from "../credential/readCredentials.js"
import * as application from "./application.js"
import { CredentialStore, type Service } from "./reference.js"
import type { Vault } from "./seal.js"
import type * as sharedSlot from "./slot.js"

/**
 * What it takes to share through a store. It comes with the store, so that a program that has none carries none of it.
 *
 * @internal
 */
export interface Toolbox {
  readonly bounded: (store: Service) => Service
  /** Whether it has failed, and stored nothing since. */
  readonly isFailing: (store: Service) => boolean
  readonly makeVault: (app: App) => Effect.Effect<Vault>
  /** What seals in place of the application secret. */
  readonly sealing?: Effect.Effect<Vault> | undefined
  readonly makeSlot: <S, T, E>(options: sharedSlot.Options<S, T, E>) => sharedSlot.SharedSlot<T, E>
}

/** @internal */
export class Tools extends Context.Reference<Tools>()("effect-thingspace-auth/internal/Tools", {
  defaultValue: (): Toolbox | undefined => undefined
}) {}

/**
 * What a part needs to share what it holds.
 *
 * @internal
 */
export interface Sharing {
  readonly tools: Toolbox
  readonly store: Service
  /** The vault of the sealing secret, else of the application secret that the program supplies now. */
  readonly vault: Effect.Effect<Vault, CredentialsError>
  readonly vaultOf: (app: App) => Effect.Effect<Vault>
  /** Of which platform: what is shared for one means nothing to another. */
  readonly baseUrl: string
  /** How long another is waited for who holds a lease: for its two requests, and for the lease to end if it is killed. */
  readonly patience: Duration.Duration
}

/** The vault made last, kept with the credentials' source so that a process derives its keys once, not per account. */
const latest = new WeakMap<object, { readonly app: App; readonly vault: Vault }>()

const vaultFor =
  (source: object, makeVault: Toolbox["makeVault"]) =>
  (app: App): Effect.Effect<Vault> =>
    Effect.suspend(() => {
      const known = latest.get(source)
      if (known !== undefined && Equal.equals(known.app.key, app.key) && Equal.equals(known.app.secret, app.secret)) {
        return Effect.succeed(known.vault)
      }
      return Effect.tap(makeVault(app), (made) => Effect.sync(() => latest.set(source, { app, vault: made })))
    })

/** Parts put together by hand may lack what their own types do not ask for. */
const lacks = (part: string, what: string): Effect.Effect<undefined> =>
  Effect.as(Effect.logWarning("Built without what sharing takes, and shares nothing", part, what), undefined)

/** The application of the tokens over which the part stands, else the one at hand. */
const applicationOf = (tokens: Option.Option<object>) =>
  Effect.map(Effect.serviceOption(AppCredentials), (atHand) =>
    Option.orElse(Option.flatMap(tokens, application.of), () => atHand)
  )

/**
 * How this part shares, or `undefined` where it does not, which is the default and costs nothing more.
 *
 * @internal
 */
export const make = (part: string, tokens: Option.Option<object>): Effect.Effect<Sharing | undefined> =>
  Effect.gen(function* () {
    const store = yield* CredentialStore
    if (Option.isNone(store)) return undefined
    const tools = yield* Tools
    if (tools === undefined) return yield* lacks(part, "a layer of CredentialStore")
    const { baseUrl, requestTimeout } = yield* ThingSpaceConfig
    const patience = Duration.sum(Duration.times(requestTimeout, 2), Duration.seconds(10))
    const shared = { tools, store: tools.bounded(store.value), baseUrl, patience }
    const { sealing } = tools
    if (sealing !== undefined) return { ...shared, vault: sealing, vaultOf: () => sealing }
    const app = yield* applicationOf(tokens)
    if (Option.isNone(app)) return yield* lacks(part, "AppCredentials")
    const vaultOf = vaultFor(app.value, tools.makeVault)
    return { ...shared, vault: Effect.flatMap(readCredentials(app.value, "App", requestTimeout), vaultOf), vaultOf }
  })

/**
 * How this part shares what belongs to a user, who is read from the credentials at hand.
 *
 * @internal
 */
export const ofUser = (
  part: string,
  tokens: object
): Effect.Effect<{ readonly sharing: Sharing; readonly user: Effect.Effect<Uws, CredentialsError> } | undefined> =>
  Effect.gen(function* () {
    const sharing = yield* make(part, Option.some(tokens))
    if (sharing === undefined) return undefined
    const user = yield* Effect.serviceOption(UwsCredentials)
    if (Option.isNone(user)) return yield* lacks(part, "UwsCredentials")
    const { requestTimeout } = yield* ThingSpaceConfig
    return { sharing, user: readCredentials(latestUser.noting(user.value), "Uws", requestTimeout) }
  })
