import type { BearerProblem } from "./dialects.js"
import type { Settings } from "./settings.js"
import type { SessionProblem, State, Step } from "./state.js"
import type { Answer, Request } from "./wire.js"

/** A request that has passed the gateway and belongs to a live session, if its resource asks for these. */
export interface Call {
  readonly settings: Settings
  readonly request: Request
  /** What stands in the path for the names in braces of the resource's path, decoded. */
  readonly parameters: ReadonlyArray<string>
  readonly state: State
  readonly now: number
  /** Whether the bearer is the simulator's test token. */
  readonly simulator: boolean
  readonly session: { readonly token: string; readonly username: string }
}

/** A resource of a product. */
export interface Resource {
  /** The methods it takes; none stands for all. */
  readonly methods: ReadonlyArray<string>
  /** Its path within the product: `{name}` is one segment, `*` any text. */
  readonly path: string
  readonly pattern: RegExp
  readonly credentials: "none" | "bearer" | "both"
  readonly summary: string
  /** Where its answer is known from. */
  readonly source: "documented" | "reported" | "invented"
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

/** A resource, said by `GET,POST /path` and what it is known from. */
export const resource = (
  route: string,
  about: Pick<Resource, "source" | "summary"> & Partial<Pick<Resource, "credentials">>,
  handle: Resource["handle"]
): Resource => {
  const [methods = "", path = ""] = route.split(" ")
  return {
    credentials: "both",
    ...about,
    methods: methods === "*" ? [] : methods.split(","),
    path,
    pattern: new RegExp(`^${path.replaceAll("*", ".*").replaceAll(/\{\w+\}/g, "([^/]+)")}$`),
    handle
  }
}

/** A resource that changes nothing. */
export const reads = (route: string, about: Parameters<typeof resource>[1], answer: (call: Call) => Answer): Resource =>
  resource(route, about, (call) => [answer(call), call.state])
