/**
 * Limits what an API can cost that refuses whatever is sent.
 *
 * A refusal that has a credential dropped is held against the API that sent it until a request with the new credential
 * is accepted there. While it is, further refusals from that API drop nothing for a time that doubles from a second to
 * a minute, and other APIs are not affected.
 *
 * @internal
 */
export interface Brake {
  /** Whether a refusal may have the credential dropped now; if so, it is held against the API. */
  readonly mayDrop: (api: string, now: number) => boolean
  /** The API has accepted the new credential. */
  readonly release: (api: string) => void
  /** The API has refused the new credential as it did the old. */
  readonly refusedAgain: (api: string, now: number) => void
  /** The platform stands by the credential that the API refuses: for a minute nothing is dropped. */
  readonly confirm: (api: string, now: number) => void
}

const longest = 60_000
const most = 100

const pause = (times: number): number => Math.min(longest, 1000 * 2 ** (times - 1))

/** Enough for the longest pause. */
const certain = 7

/**
 * `firm` is for refusals that do not name a credential: where a new one does not mend them, they are not about it.
 *
 * @internal
 */
export const make = (firm: boolean): Brake => {
  const held = new Map<string, { readonly since: number; readonly times: number }>()
  const hold = (api: string, since: number, times: number): void => {
    held.set(api, { since, times })
    for (const [oldest] of held) if (held.size > most) held.delete(oldest)
  }
  return {
    mayDrop: (api, now) => {
      const before = held.get(api)
      const age = before === undefined ? -1 : now - before.since
      if (before === undefined || age < 0 || age >= 2 * longest) {
        hold(api, now, 1)
        return true
      }
      if (age < pause(before.times)) return false
      hold(api, now, before.times + 1)
      return true
    },
    release: (api) => {
      held.delete(api)
    },
    refusedAgain: (api, now) => {
      if (firm) hold(api, now, certain)
    },
    confirm: (api, now) => hold(api, now, certain)
  }
}

/**
 * The API that a URL belongs to, such as `https://thingspace.verizon.com/api/m2m/v1`: the platform's gateway judges
 * credentials by it, and what follows names a resource.
 *
 * @internal
 */
export const apiOf = (url: string): string => /^[^?#]*?:\/\/[^/?#]*(\/[^/?#]*){0,3}/.exec(url)?.[0] ?? url
