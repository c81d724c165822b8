/**
 * Limits what an endpoint can cost that refuses whatever is sent: one renewal a minute.
 *
 * A credential is dropped for a refusal only where the last such drop was long ago, or has since proved to be of use.
 *
 * @internal
 */
export interface Probation {
  /** Whether a credential may be dropped now; if so, the period starts. */
  readonly mayDrop: (now: number) => boolean
  /** The renewed credential was accepted where its predecessor had been refused, or no answer said otherwise. */
  readonly end: () => void
}

const period = 60_000

/** @internal */
export const make = (): Probation => {
  let since: number | undefined
  return {
    mayDrop: (now) => {
      if (since !== undefined && now >= since && now < since + period) return false
      since = now
      return true
    },
    end: () => {
      since = undefined
    }
  }
}
