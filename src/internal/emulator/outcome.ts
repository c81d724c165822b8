import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Fault } from "./fault.js"
import * as Platform from "./platform.js"
import type { Settings } from "./settings.js"
import type { State } from "./state.js"
import { type Answer, json, type Reply, type Request } from "./wire.js"

/** What becomes of a request that the platform receives. */
export interface Outcome {
  /** What the platform decided, or a fault in its place; `undefined` if nobody decided. */
  readonly decided: Answer | undefined
  readonly state: State
  readonly reply: Reply
  /** How much later the answer arrives. */
  readonly delay: Duration.Duration
  /** Whether nothing happens from now on. */
  readonly hangs: boolean
}

const lost: Reply = { answer: undefined, arrives: "not at all" }

const replaced = ({ body, headers, status }: Fault & { readonly _tag: "Answer" }): Answer => ({
  status,
  headers: {
    "content-type": "application/json",
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  },
  cookies: [],
  body
})

/** Whether the platform refused, and said so in JSON. */
const isError = ({ body, status }: Answer) =>
  status >= 400 && Either.isRight(Schema.decodeUnknownEither(Schema.parseJson(Schema.Object))(body))

/** The state as a node knows it that has not heard of the latest token yet. */
const behind = (settings: Settings, lag: Duration.Duration, state: State, now: number): State => ({
  ...state,
  token: Option.filter(
    state.token,
    ({ expiresAt }) => now - (expiresAt - settings.tokenLifetime) >= Duration.toMillis(lag)
  )
})

/** Has the platform decide on a request that arrives at `now`, with a fault in the way. */
export const make = (
  settings: Settings,
  request: Request,
  fault: Fault | undefined,
  state: State,
  now: number
): Outcome => {
  const act = (known: State = state) => Platform.handle(settings, request, known, now)
  const without: Omit<Outcome, "reply"> = { decided: undefined, state, delay: Duration.zero, hangs: false }
  const decide = (reply: (answer: Answer) => Reply): Outcome => {
    const [decided, next] = act()
    return { ...without, decided, state: next, reply: reply(decided) }
  }
  switch (fault?._tag) {
    case undefined:
      return decide((answer) => ({ answer, arrives: "whole" }))
    case "Answer": {
      const answer = replaced(fault)
      return { ...without, decided: answer, reply: { answer, arrives: "whole" } }
    }
    case "Hang":
      return { ...without, reply: lost, hangs: true }
    case "LostRequest":
      return { ...without, reply: lost }
    case "LostResponse":
      return decide((answer) => ({ answer, arrives: "not at all" }))
    case "Truncated":
      return decide((answer) => ({ answer, arrives: "half" }))
    case "ErrorInSuccess":
      return decide((answer) => ({
        answer: isError(answer) ? { ...answer, status: 200 } : json(200, fault.error),
        arrives: "whole"
      }))
    case "After": {
      const [decided, next] = act()
      return { ...make(settings, request, fault.fault, state, now), decided, state: next }
    }
    case "Delayed": {
      const outcome = make(settings, request, fault.fault, state, now)
      return { ...outcome, delay: Duration.sum(outcome.delay, fault.delay) }
    }
    case "LaggingNode": {
      if (Platform.isOAuth(request.path)) {
        return decide((answer) => ({ answer, arrives: "whole" }))
      }
      const [answer, next] = act(behind(settings, fault.lag, state, now))
      return {
        ...without,
        decided: answer,
        state: { ...next, token: state.token },
        reply: { answer, arrives: "whole" }
      }
    }
  }
}
