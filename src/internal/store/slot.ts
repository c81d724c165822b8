import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Held } from "../credential/held.js"
import type { Address, Found, Issued } from "./entry.js"
import * as sharedEntry from "./entry.js"
import * as failureNote from "./failureNote.js"
import * as leasing from "./lease.js"
import type { CredentialStoreError, Lease, Service } from "./reference.js"
import type { Vault } from "./seal.js"

/**
 * Where one credential lives that processes share.
 *
 * @internal
 */
export interface SharedSlot<T, E> {
  /** How long another process is waited for. */
  readonly patience: Duration.Duration
  /** The credential that the store has, or else another, acquired by one for all. */
  readonly acquire: Effect.Effect<Held<T>, E>
  /**
   * The platform has refused this one: it is not taken from the store again, unless somebody has got it since. One that
   * is not held any more counts where it is still the latest.
   */
  readonly refused: (secret: string, isHeld: boolean) => void
  /** Takes a credential out of the store that is about to end. */
  readonly withdraw: (secret: string) => Effect.Effect<void>
  /** Tells the others that a credential lives on; where they have another by now, hands that over. */
  readonly keepAlive: (held: Held<T>) => Effect.Effect<Option.Option<Held<T>>>
}

/** @internal */
export interface Options<S, T, E> {
  /** The store, of which platform the credential is, and how long another may be acquiring it. */
  readonly sharing: { readonly store: Service; readonly baseUrl: string; readonly patience: Duration.Duration }
  /** What a credential is acquired with. */
  readonly subject: Effect.Effect<S, E>
  readonly vault: (subject: S) => Effect.Effect<Vault, E>
  /** The kind of credential, and what it depends on. */
  readonly parts: (subject: S) => readonly [kind: string, ...parts: ReadonlyArray<string>]
  /** Asks the platform; says with what, because that may have changed meanwhile. */
  readonly acquire: (subject: S) => Effect.Effect<readonly [Held<T>, S], E>
  readonly hold: (secret: string, expiresAt: number) => Effect.Effect<Held<T>, E>
  /** Whether an acquisition is always for another credential than the latest, and not only where that was refused. */
  readonly wantsAnother: boolean
  /** A failure that is shared is one of the credential's own. */
  readonly failed: (failure: failureNote.Shared) => E
}

/** A credential that this process has had, and its version where the store has it too. */
interface Known {
  readonly address: Address
  readonly secret: string
  readonly issue: number
  readonly version: number | undefined
}

/** A refused token that the platform hands out again is the same, and yet of a later issue. */
const isOther = <T>({ held, issue }: Issued<T>, known: Known): boolean =>
  issue > known.issue || (held.secret !== known.secret && (issue === 0 || known.issue === 0))

/** What is known of a credential that the source holds, which another may have overtaken here. */
const ofSecret = (known: Known, secret: string): Known =>
  known.secret === secret ? known : { ...known, secret, issue: 0, version: undefined }

/** @internal */
export const make = <S, T, E>(options: Options<S, T, E>): SharedSlot<T, E> => {
  const { sharing } = options
  const { store } = sharing
  const patiently = leasing.patience(sharing.patience)
  let latest: Known | undefined
  let refused: Known | undefined

  const addressOf = (subject: S): Effect.Effect<Address, E> =>
    Effect.gen(function* () {
      const vault = yield* options.vault(subject)
      const [kind, ...parts] = options.parts(subject)
      return { vault, name: `thingspace:${kind}:${yield* vault.name(kind, sharing.baseUrl, ...parts)}` }
    })

  const note = (address: Address, { held, issue }: Issued<T>, version: number | undefined): Held<T> => {
    latest = { address, secret: held.secret, issue, version }
    return held
  }

  const adopt = (address: Address, found: Found<T>): Held<T> => note(address, found, found.version)

  const isWanted = ({ name }: Address, found: Found<T>): boolean => {
    const unwanted = options.wantsAnother ? latest : refused
    return unwanted?.address.name !== name || isOther(found, unwanted)
  }

  const look = (address: Address) => sharedEntry.read(store, address, options.hold)

  const lookFor = (address: Address): Effect.Effect<Option.Option<Found<T>>, CredentialStoreError> =>
    Effect.map(
      look(address),
      Option.filter((found) => isWanted(address, found))
    )

  const acquireAlone = (subject: S): Effect.Effect<readonly [Held<T>, Address], E> =>
    Effect.gen(function* () {
      const [held, used] = yield* options.acquire(subject)
      const address = yield* addressOf(used)
      return [note(address, { held, issue: 0 }, undefined), address]
    })

  /** What was got under a lease that has ended stays our own, unless the store has a later one already. */
  const acquireUnder = (lease: Lease, subject: S): Effect.Effect<Held<T>, E> =>
    Effect.gen(function* () {
      const [held, address] = yield* acquireAlone(subject)
      if (address.name !== lease.key) return held
      const issued = { held, issue: lease.token }
      const isStored = yield* Effect.either(sharedEntry.write(store, lease, address, issued))
      if (Either.isLeft(isStored)) return held
      if (isStored.right) return note(address, issued, lease.token)
      const found = yield* Effect.orElseSucceed(look(address), () => Option.none<Found<T>>())
      return Option.isSome(found) && found.value.issue > lease.token ? adopt(address, found.value) : held
    })

  /** Whoever had the lease before may have left a credential, or why there is none. */
  const lead = (lease: Lease, subject: S, address: Address, waited: number): Effect.Effect<Held<T>, E> =>
    Effect.gen(function* () {
      const { name, vault } = address
      const found = yield* Effect.orElseSucceed(lookFor(address), () => Option.none<Found<T>>())
      if (Option.isSome(found)) return adopt(address, found.value)
      const failure = waited > 0 ? yield* failureNote.read(store, vault, name, waited) : Option.none()
      if (Option.isSome(failure)) return yield* Effect.fail(options.failed(failure.value))
      return yield* Effect.tapError(acquireUnder(lease, subject), (error) =>
        failureNote.write(store, vault, name, error)
      )
    })

  const attempt = (subject: S, address: Address, waited: number): Effect.Effect<Option.Option<Held<T>>, E> => {
    const alone = Effect.asSome(Effect.map(acquireAlone(subject), ([held]) => held))
    return Effect.matchEffect(lookFor(address), {
      onFailure: () => alone,
      onSuccess: Option.match({
        onSome: (found) => Effect.succeedSome(adopt(address, found)),
        onNone: () =>
          Effect.flatMap(
            leasing.holding(store, address.name, (lease) => lead(lease, subject, address, waited)),
            (outcome) => {
              if (outcome._tag === "Done") return Effect.succeedSome(outcome.value)
              return outcome._tag === "Away" ? alone : Effect.succeedNone
            }
          )
      })
    })
  }

  /** Stores what the store has not got from us, or has lost; what others have stored instead is handed over. */
  const reconcile = (known: Known, held: Held<T>) => {
    const { address, issue } = known
    return leasing.holding(store, address.name, (lease) =>
      Effect.gen(function* () {
        const found = yield* lookFor(address)
        if (Option.isSome(found)) {
          const isSame = found.value.held.secret === known.secret
          if (isSame || isOther(found.value, known)) return adopt(address, found.value)
        }
        const issued = { held, issue }
        return (yield* sharedEntry.write(store, lease, address, issued)) ? note(address, issued, lease.token) : held
      })
    )
  }

  return {
    patience: sharing.patience,
    acquire: Effect.gen(function* () {
      const subject = yield* options.subject
      const address = yield* addressOf(subject)
      const held = yield* patiently(address.name, (waited) => attempt(subject, address, waited))
      return Option.isSome(held) ? held.value : (yield* acquireAlone(subject))[0]
    }),
    refused: (secret, isHeld) => {
      if (latest !== undefined && (isHeld || latest.secret === secret)) refused = ofSecret(latest, secret)
    },
    withdraw: (secret) =>
      Effect.suspend(() => {
        if (latest?.secret !== secret) return Effect.void
        refused = latest
        const { address, version } = latest
        return version === undefined ? Effect.void : Effect.ignore(store.remove(address.name, version))
      }),
    keepAlive: (held) =>
      Effect.gen(function* () {
        if (latest === undefined) return Option.none()
        const known = ofSecret(latest, held.secret)
        const { address, version } = known
        const isKept =
          version !== undefined && (yield* store.extend(address.name, version, yield* sharedEntry.lifeOf(held)))
        if (isKept) return Option.none()
        const outcome = yield* reconcile(known, held)
        return outcome._tag === "Done" && outcome.value.secret !== held.secret
          ? Option.some(outcome.value)
          : Option.none()
      }).pipe(Effect.orElseSucceed(() => Option.none()))
  }
}
