import type { State } from "./state.js"

/**
 * What can be seen of a credential. Times are milliseconds of the clock.
 *
 * @internal
 */
export type Observation<T> =
  | { readonly _tag: "None" }
  | { readonly _tag: "Acquiring" }
  | {
      readonly _tag: "Held"
      readonly token: T
      /** Since when this process has had it; not known of one that was issued elsewhere. */
      readonly since: number | undefined
      readonly expiresAt: number
    }

/** @internal */
export interface Observed<T> {
  /** Changes nothing and asks nobody. */
  readonly observe: (now: number) => Observation<T>
  /** What a change touches, as `signal.ts` has it; a change that time alone brings about does not. */
  readonly subject: object
}

/** @internal */
export const of = <T, E>(state: State<T, E>, now: number): Observation<T> => {
  if (state._tag !== "Ready") return { _tag: state._tag === "Empty" ? "None" : "Acquiring" }
  const { held, renewal, since } = state
  if (now < held.expiresAt) return { _tag: "Held", token: held.token, since, expiresAt: held.expiresAt }
  return { _tag: typeof renewal === "string" ? "None" : "Acquiring" }
}

/**
 * The same, with another token.
 *
 * @internal
 */
export const map = <T>(observed: Observed<T>, f: (token: T) => T): Observed<T> => ({
  subject: observed.subject,
  observe: (now) => {
    const seen = observed.observe(now)
    return seen._tag === "Held" ? { ...seen, token: f(seen.token) } : seen
  }
})
