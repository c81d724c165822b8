/**
 * A store in memory that outlives the processes which share it.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CredentialStoreError, type Service } from "../../src/CredentialStore.js"

interface Stored {
  readonly value: string
  readonly version: number
  expiresAt: number
}

interface Held {
  readonly token: number
  until: number
}

/** What is stored, and the way there of each process. */
export interface Store {
  /** A process reaches the store for as long as it is alive. */
  readonly of: (process: { readonly isAlive: boolean }) => Service
  readonly texts: () => ReadonlyArray<string>
}

const leaseTime = 10_000

const gone = new CredentialStoreError({ description: "the process is gone" })

/** All expiry is by the steady time, as a store has a clock of its own. */
export const make = (now: () => number): Store => {
  const entries = new Map<string, Stored>()
  const leases = new Map<string, Held>()
  const written = new Set<string>()
  let tokens = 0

  const live = (key: string): Stored | undefined => {
    const entry = entries.get(key)
    return entry !== undefined && now() < entry.expiresAt ? entry : undefined
  }
  const isHeld = (key: string, token: number): boolean => {
    const held = leases.get(key)
    return held !== undefined && held.token === token && now() < held.until
  }

  return {
    texts: () => [...written],
    of: (process) => {
      const step = <A>(f: () => A): Effect.Effect<A, CredentialStoreError> =>
        Effect.suspend(() => (process.isAlive ? Effect.sync(f) : Effect.fail(gone)))
      return {
        get: (key) =>
          step(() =>
            Option.map(Option.fromNullable(live(key)), ({ expiresAt, value, version }) => ({
              value,
              version,
              timeToLive: Duration.millis(expiresAt - now())
            }))
          ),
        lease: (key) =>
          step(() => {
            if (now() < (leases.get(key)?.until ?? 0)) return Option.none()
            const token = ++tokens
            leases.set(key, { token, until: now() + leaseTime })
            return Option.some({ key, token, duration: Duration.millis(leaseTime) })
          }),
        renew: ({ key, token }) =>
          step(() => {
            const held = isHeld(key, token)
            if (held) leases.set(key, { token, until: now() + leaseTime })
            return held
          }),
        release: ({ key, token }) =>
          step(() => {
            if (isHeld(key, token)) leases.delete(key)
          }),
        set: ({ key, token }, value, timeToLive) =>
          step(() => {
            if (!isHeld(key, token)) return false
            written.add(key).add(value)
            entries.set(key, { value, version: token, expiresAt: now() + Duration.toMillis(timeToLive) })
            return true
          }),
        extend: (key, version, timeToLive) =>
          step(() => {
            const entry = live(key)
            if (entry?.version !== version) return false
            entry.expiresAt = Math.max(entry.expiresAt, now() + Duration.toMillis(timeToLive))
            return true
          }),
        remove: (key, version) =>
          step(() => {
            if (entries.get(key)?.version === version) entries.delete(key)
          })
      }
    }
  }
}
