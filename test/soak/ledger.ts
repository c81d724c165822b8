import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Exchange } from "effect-thingspace-auth/ThingSpaceEmulator"
import type { Account, Kind, Setting } from "./messages.js"

const decodeToken = Schema.decodeUnknownEither(Schema.parseJson(Schema.Struct({ access_token: Schema.String })))
const decodeSession = Schema.decodeUnknownEither(Schema.parseJson(Schema.Struct({ sessionToken: Schema.String })))

/** Keeps account of what the platform receives, and judges whether it was needed. */
export interface Ledger {
  /** Notes an exchange; says which credential it newly issued. */
  readonly enter: (exchange: Exchange) => Kind | undefined
  /** Notes which credentials the saboteur has ended. */
  readonly strike: (kind: Kind, secrets: ReadonlyArray<string>) => void
  readonly account: () => Omit<Account, "connections" | "stalled">
}

/**
 * What is needless is judged with patience: the client counts its times from the sending of a request, which on a slow
 * machine arrives much later.
 */
export const make = ({ tokenLifetime }: Setting): Ledger => {
  const counts = {
    accepted: 0,
    refused: 0,
    tokenRequests: 0,
    needlessTokenRequests: 0,
    tokensIssued: 0,
    revoked: 0,
    expired: 0,
    logins: 0,
    needlessLogins: 0,
    loginsWithDeadToken: 0,
    loginsRefused: 0,
    killed: 0
  }
  /** By value, because a strike can be noted before the exchange that issued what it struck. */
  const struck = new Set<string>()
  let token = { secret: "", issuedAt: 0 }
  let session = { secret: "", usedAt: 0 }

  const enterToken = ({ at, response }: Exchange): Kind | undefined => {
    counts.tokenRequests += 1
    const issued = Either.getOrUndefined(decodeToken(response))?.access_token
    if (issued === undefined) return undefined
    if (issued === token.secret) {
      if (at - token.issuedAt < tokenLifetime / 4) counts.needlessTokenRequests += 1
      return undefined
    }
    counts.tokensIssued += 1
    if (token.secret !== "" && !struck.has(token.secret)) counts.expired += 1
    token = { secret: issued, issuedAt: at }
    return "token"
  }

  const enterLogin = ({ at, response, status }: Exchange): Kind | undefined => {
    counts.logins += 1
    const issued = Either.getOrUndefined(decodeSession(response))?.sessionToken
    if (issued === undefined) {
      if (status === 401) counts.loginsWithDeadToken += 1
      else counts.loginsRefused += 1
      return undefined
    }
    const inUse = session.secret !== "" && at - session.usedAt < 100
    if (inUse && !struck.has(session.secret)) counts.needlessLogins += 1
    session = { secret: issued, usedAt: at }
    return "session"
  }

  return {
    enter: (exchange) => {
      if (exchange.path.endsWith("/oauth2/token")) return enterToken(exchange)
      if (exchange.path.endsWith("/session/login")) return enterLogin(exchange)
      if (exchange.status === 200) {
        counts.accepted += 1
        session.usedAt = exchange.at
      } else {
        counts.refused += 1
      }
      return undefined
    },
    strike: (kind, secrets) => {
      for (const secret of secrets) struck.add(secret)
      if (secrets.length > 0) counts[kind === "token" ? "revoked" : "killed"] += 1
    },
    account: () => ({ ...counts })
  }
}
