/**
 * The way from the pipeline to the platform, on which the ledger sees every request and every answer.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as EmulatorClient from "../../src/internal/emulator/client.js"
import * as EmulatorWire from "../../src/internal/emulator/wire.js"
import type { Ledger, Line, Outcome, Sending } from "./ledger.js"
import type { Platform } from "./platform.js"
import { targets } from "./program.js"
import type { VirtualClock } from "./virtualClock.js"

/** Names the call that a request belongs to. */
export const callHeader = "x-simulated-call"

const kinds: ReadonlyMap<string, Sending["kind"]> = new Map([
  [targets.token, "token"],
  [targets.revoke, "revoke"],
  [targets.login, "login"],
  [targets.logout, "logout"]
])

const LoginBody = Schema.decodeUnknownOption(
  Schema.parseJson(Schema.Struct({ username: Schema.String, password: Schema.String }))
)

const sendingOf = ({ headers, path, text, url }: EmulatorWire.Request, line: Line, clock: VirtualClock): Sending => {
  const { authorization, sessiontoken, "vz-m2m-token": session, [callHeader]: call } = headers
  const kind = kinds.get(path) ?? "api"
  const login = kind === "login" ? Option.getOrUndefined(LoginBody(text)) : undefined
  const to = new URL(url)
  return {
    line,
    kind,
    url: to,
    call,
    bearer: authorization?.startsWith("Bearer ") ? authorization.slice("Bearer ".length) : undefined,
    session: to.hostname.startsWith("imp.") ? sessiontoken : session,
    basic: authorization?.startsWith("Basic ") ? authorization : undefined,
    user: login?.username,
    password: login?.password,
    at: clock.elapsed(),
    wall: clock.wall.unsafeCurrentTimeMillis(),
    decision: undefined,
    outcome: undefined
  }
}

/** fetch takes every header but these along when it follows a redirect to another origin. */
const redirected = ({ headers }: EmulatorWire.Request, location: string): EmulatorWire.Request => {
  const { authorization, cookie, ...others } = headers
  return EmulatorWire.request("GET", new URL(location), others, new Uint8Array())
}

const outcomeOf = ({ answer, arrives }: EmulatorWire.Reply): Outcome =>
  answer === undefined || arrives === "not at all"
    ? { _tag: "Failed" }
    : {
        _tag: "Answered",
        status: answer.status,
        body: answer.body,
        retryAfter: answer.headers["retry-after"],
        whole: arrives === "whole"
      }

const nothing: EmulatorWire.Reply = { answer: undefined, arrives: "not at all" }

/**
 * The way from one user's part of a pipeline to the platform, observed; it follows redirects where fetch would. A process
 * that is dead sends nothing.
 */
export const make = (platform: Platform, ledger: Ledger, clock: VirtualClock, line: Line): HttpClient.HttpClient => {
  const transmit = (request: EmulatorWire.Request): Effect.Effect<EmulatorWire.Reply> =>
    Effect.suspend(() => {
      if (!line.layers.process.isAlive) return Effect.succeed(nothing)
      const sending = sendingOf(request, line, clock)
      ledger.sent(sending)
      return platform
        .receive(request, (decision) => ledger.decided(sending, decision))
        .pipe(
          Effect.tap((reply) => Effect.sync(() => ledger.ended(sending, outcomeOf(reply)))),
          Effect.onInterrupt(() => Effect.sync(() => ledger.ended(sending, { _tag: "Interrupted" })))
        )
    })

  return EmulatorClient.make((request) =>
    Effect.flatMap(Effect.serviceOption(FetchHttpClient.RequestInit), (init) => {
      const staysPut = Option.exists(init, ({ redirect }) => redirect === "manual")
      return Effect.flatMap(transmit(request), (reply) => {
        const { answer } = reply
        const location = answer?.headers.location
        return answer?.status === 302 && location !== undefined && !staysPut
          ? transmit(redirected(request, location))
          : Effect.succeed(reply)
      })
    })
  )
}
