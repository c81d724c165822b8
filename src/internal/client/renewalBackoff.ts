/**
 * Backs off renewals for an API that rejects every credential.
 *
 * A renewal is made for the API whose refusal asked for it. If that API refuses the new credential too, the renewal was
 * unhealed: for 0.25, 0.5, 1 … 60 seconds the API's refusals drop nothing, and three unhealed renewals within a minute
 * stop all renewals, whatever the API. Other requests that the API accepts with the same credential change nothing:
 * they show that it is good. A resend that is accepted lifts the pause.
 *
 * Times are milliseconds of a clock that nobody sets.
 */
const shortest = 250
const longest = 60_000
const mostUnhealed = 3
const mostApis = 100

/**
 * The API that refuses, and whether its refusals name the credential: one resource that answers a bare 401 does not keep
 * the others from having a dead session replaced.
 *
 * @internal
 */
export interface Api {
  readonly key: string
  readonly names: boolean
}

/**
 * The API that a URL belongs to, such as `https://thingspace.verizon.com/api/m2m/v1`: the platform's gateway judges
 * credentials by it, and what follows names a resource.
 *
 * @internal
 */
export const apiOf = (url: string, names: boolean): Api => {
  const api = /^[^?#]*?:\/\/[^/?#]*(\/[^/?#]*){0,3}/.exec(url)?.[0] ?? url
  return { key: names ? api : `${api} unnamed`, names }
}

/** What the renewals made for one API have come to. */
interface Record {
  /**
   * `Trying` while the call that asked for the renewal may still show what it was worth, `Open` if it cannot: then the
   * next answer of the API does. `Held` once the API has refused the new credential.
   */
  state: "Trying" | "Open" | "Held"
  /** What was dropped: its refusals that come late say nothing of its successor. */
  readonly refused: string
  /** How many renewals in a row have not helped. */
  readonly unhealed: number
  /** When the renewal began, or until when the API is held. */
  readonly at: number
}

/**
 * A renewal that has been begun for an API.
 *
 * @internal
 */
export type Trial = Readonly<Record>

/**
 * The back-off of one credential's renewals.
 *
 * @internal
 */
export class RenewalBackoff {
  readonly #records = new Map<string, Record>()
  #unhealed: ReadonlyArray<number> = []
  /** Whether the next answer of some API decides what a renewal was worth. A field, because every call reads it. */
  isOpen = false

  /** Whether this refusal may have the credential dropped; if so, a renewal has begun. */
  begin(api: Api, refused: string, now: number): Trial | undefined {
    const before = this.#known(api, now)
    if (before?.state === "Trying") {
      if (before.refused !== refused) this.refusedAgain(api, now)
      return undefined
    }
    if (before?.state === "Held" && now < before.at) return undefined
    if (before?.state === "Open") {
      this.refusedAgain(api, now)
      // The successor may have died in its turn before anybody saw it accepted.
      if (!api.names) return undefined
    }
    if (this.#isSpent(now)) return undefined
    return this.#keep(api, { state: "Trying", refused, unhealed: this.#known(api, now)?.unhealed ?? 0, at: now })
  }

  /** The API has refused the new credential as it did the old. */
  refusedAgain(api: Api, now: number, names = api.names): void {
    const before = this.#known(api, now)
    if (before?.state === "Held" && now < before.at) return
    if (before !== undefined && before.state !== "Held") this.#unhealed = [...this.#recent(now), now]
    const unhealed = (before?.unhealed ?? 0) + 1
    const pause = names ? Math.min(longest, shortest * 2 ** (unhealed - 1)) : longest
    this.#keep(api, { state: "Held", refused: before?.refused ?? "", unhealed, at: now + pause })
  }

  /** A renewal has brought back what was refused, whoever began it: it will be refused again. */
  broughtBack(api: Api, refused: string, now: number): void {
    const before = this.#known(api, now)
    if (before !== undefined && before.state !== "Held" && before.refused === refused) this.refusedAgain(api, now)
  }

  /** The API has accepted a resend with the new credential. */
  healed(api: Api): void {
    this.#records.delete(api.key)
    this.#recount()
  }

  /** The API at this URL has accepted this credential in another request, which decides only what no resend can. */
  accepted(url: string, credential: string): void {
    for (const api of [apiOf(url, true), apiOf(url, false)]) {
      const record = this.#records.get(api.key)
      if (record?.state === "Open" && record.refused !== credential) this.healed(api)
    }
  }

  /** The call ends and has not learned what its renewal was worth. */
  leave(api: Api, trial: Trial): void {
    const record = this.#records.get(api.key)
    if (record === undefined || record !== trial || record.state !== "Trying") return
    record.state = "Open"
    this.#recount()
  }

  /** What is known of an API, unless it is too old to say anything. */
  #known({ key }: Api, now: number): Record | undefined {
    const record = this.#records.get(key)
    return record === undefined || now >= record.at + longest ? undefined : record
  }

  #keep({ key }: Api, record: Record): Record {
    this.#records.delete(key)
    this.#records.set(key, record)
    for (const [oldest] of this.#records) if (this.#records.size > mostApis) this.#records.delete(oldest)
    this.#recount()
    return record
  }

  #recount(): void {
    this.isOpen = Array.from(this.#records.values()).some(({ state }) => state === "Open")
  }

  #recent(now: number): ReadonlyArray<number> {
    return this.#unhealed.filter((at) => now < at + longest)
  }

  /** Those that nobody has judged yet count, because they may be unhealed too. */
  #isSpent(now: number): boolean {
    let unjudged = 0
    for (const { at, state } of this.#records.values()) if (state !== "Held" && now < at + longest) unjudged += 1
    return this.#recent(now).length + unjudged >= mostUnhealed
  }
}
