import type { BearerProblem } from "./dialects.js"
import type { Settings } from "./options.js"
import type { SessionProblem, State, Step } from "./state.js"
import type { Answer, Request } from "./wire.js"

/** A request that has passed the gateway and belongs to a live session, where its resource asks for these. */
export interface Call {
  readonly settings: Settings
  readonly request: Request
  /** What the groups of the resource's pattern matched. */
  readonly parameters: ReadonlyArray<string>
  readonly state: State
  readonly now: number
  /** Whether the bearer is the simulator's test token. */
  readonly simulator: boolean
  readonly session: { readonly token: string; readonly username: string }
}

/** A resource of a product, by method and by the path within the product. */
export interface Resource {
  readonly method: RegExp
  readonly path: RegExp
  readonly credentials: "none" | "bearer" | "both"
  readonly handle: (call: Call) => Step
}

/** A product: where it is and how it refuses. */
export interface Product {
  /** The API's name at the gateway: its path without the leading `/api`. */
  readonly context: string
  readonly sessionHeader: "vz-m2m-token" | "sessiontoken"
  readonly refuseBearer: (problem: BearerProblem, context: string, path: string) => Answer
  readonly refuseSession: (problem: SessionProblem) => Answer
  readonly resources: ReadonlyArray<Resource>
}

/** A resource that changes nothing. */
export const reads = (
  method: RegExp,
  path: RegExp,
  answer: (call: Call) => Answer,
  credentials: Resource["credentials"] = "both"
): Resource => ({ method, path, credentials, handle: (call) => [answer(call), call.state] })

/** Whether the caller may see an account; the simulator has one of its own. */
export const hasAccount = ({ settings, simulator }: Call, account: string) =>
  simulator ? account === "TestAccount-1" : settings.accounts.includes(account)
