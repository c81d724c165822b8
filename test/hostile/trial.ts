import { isDeepStrictEqual } from "node:util"
import { assert } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as answers from "./answers.js"
import { type CallName, calls, outcome, type Patience } from "./calls.js"
import type { Transport } from "./clients.js"
import * as server from "./server.js"

/** How calls end, by what they need of an answer. */
export interface Endings {
  /** Those that read credentials out of the body. */
  readonly body: string
  /** Those to which a body says nothing; revoking does not even mind whether it is whole. */
  readonly status: string
  /** Ending a session, if not as `status`: a web page with status 200 is no answer of the session service's own. */
  readonly logout?: string
  /** A program's own. */
  readonly api: string
}

/** One thing that a server can do wrong, and how calls end that meet it. */
export interface Scenario {
  readonly title: string
  readonly play: server.Play
  /** What the server does before it is asked. */
  readonly greet?: server.Play
  readonly endings: Endings
  /** Where a transport sees it in its own way. */
  readonly but?: Partial<Record<Transport, Endings>>
  /** Where versions of a transport differ. */
  readonly or?: Partial<Record<Transport, Endings>>
  /** Where a transport may not close its connection, though nobody uses it any more. */
  readonly mayStayOpen?: (transport: Transport, call: CallName) => boolean
}

export const noAnswer: Endings = {
  body: "EndpointError Transport",
  status: "EndpointError Transport",
  api: "RequestError Transport"
}

export const noAnswerInTime: Endings = {
  body: "EndpointError Timeout",
  status: "EndpointError Timeout",
  api: "ProgramTimeout"
}

export const success: Endings = { body: "success", status: "success", api: "200 whole" }

export const endings = (auth: string, api: string): Endings => ({ body: auth, status: auth, api })

const counter = { tried: 0 }

/** How many bad answers this file has given so far. */
export const tried = (): number => counter.tried

export const count = (): void => {
  counter.tried += 1
}

export const silence: server.Play = () => Effect.void

/** What comes over the first connection meets the scenario, and the rest a platform in good health. */
export const onFirst =
  (play: server.Play, next: server.Play): server.Play =>
  (connection, request) =>
    (connection.ordinal === 0 ? play : next)(connection, request)

/** Revoking has succeeded with the status of a success, whatever becomes of the body. */
const revoked = (status: string): string =>
  /^EndpointError (Transport|Decode) 2\d\d$/.test(status) ? "success" : status

/** The pipeline asks for a token once more, at once, if the connection is lost before an answer. */
const isRepeated = (body: string): boolean => body === "EndpointError Transport"

const expected = ({ api, body, status, logout = status }: Endings): Readonly<Partial<Record<CallName, string>>> => ({
  requestToken: body,
  login: body,
  revokeToken: revoked(status),
  logout,
  get: api,
  pipeline: body === "success" || isRepeated(body) ? "200 whole" : `${body}, then 200 whole`
})

const callNames: ReadonlyArray<CallName> = ["requestToken", "login", "revokeToken", "logout", "get", "pipeline"]

/** Enough for what ends by itself. */
export const ample: Patience = { library: "8 seconds", program: "8 seconds" }

/** For what is waited for in vain; enough for the pipeline's next calls, also on a busy machine. */
const short = Duration.seconds(1)

const patienceFor = (possible: ReadonlyArray<Endings>): Patience => ({
  library: possible.some(({ body }) => body.includes("Timeout")) ? short : ample.library,
  program: possible.some(({ api }) => api.includes("Timeout")) ? short : ample.program
})

/** What a busy machine may take. */
const soon = Duration.seconds(8)

/** Whether the clients leave all connections soon, which nobody but them closes. */
export const abandoned = (hostile: server.Server): Effect.Effect<boolean> =>
  Effect.timeoutTo(hostile.abandoned, { duration: soon, onSuccess: () => true, onTimeout: () => false })

/** How a call ends that meets this, and what it leaves behind. */
const meet = (
  transport: Transport,
  call: CallName,
  { greet = silence, mayStayOpen = () => false, play }: Scenario,
  patience: Patience
) =>
  Effect.scoped(
    Effect.gen(function* () {
      count()
      const hostile =
        call === "pipeline"
          ? yield* server.make(onFirst(play, answers.say(answers.honest())), onFirst(greet, silence))
          : yield* server.make(play, greet)
      const end = yield* outcome(transport, calls[call], hostile.url, patience)
      const resent = call !== "pipeline" && hostile.requests.length > 1
      return { call, end, resent, open: !(mayStayOpen(transport, call) || (yield* abandoned(hostile))) }
    })
  )

/** Has every call meet a scenario at once: none is sent again, each ends as it should, and leaves no connection open. */
export const run = (transport: Transport, scenario: Scenario) =>
  Effect.gen(function* () {
    const usual = scenario.but?.[transport] ?? scenario.endings
    const or = scenario.or?.[transport]
    const patience = patienceFor(or === undefined ? [usual] : [usual, or])
    const met = yield* Effect.forEach(callNames, (call) => meet(transport, call, scenario, patience), {
      concurrency: "unbounded"
    })
    const ends = Object.fromEntries(met.map(({ call, end }) => [call, end]))
    if (or === undefined || !isDeepStrictEqual(ends, expected(or))) assert.deepStrictEqual(ends, expected(usual))
    for (const { call, open, resent } of met) {
      assert.isFalse(resent, `${call} was sent again`)
      assert.isFalse(open, `${call} leaves a connection open`)
    }
  })
