/**
 * What was sent: counted, listed, and as a table.
 */
import { bold, cyan, dim, yellow } from "../../bin/terminal.js"

export interface Request {
  readonly method: string
  readonly path: string
  /** `undefined` where no answer came. */
  readonly status: number | undefined
}

export type Kind = "token" | "revoke" | "login" | "logout" | "call"

/** How many requests of each kind; none of those that are not named. */
export type Counts = { readonly [K in Kind]?: number }

const kinds: ReadonlyMap<string, Kind> = new Map([
  ["/api/ts/v1/oauth2/token", "token"],
  ["/api/ts/v1/oauth2/revoke", "revoke"],
  ["/api/m2m/v1/session/login", "login"],
  ["/api/m2m/v1/session/logout", "logout"]
])

/** All that is not authentication is a call of a product. */
export const kind = ({ path }: Request): Kind => kinds.get(path) ?? "call"

export const isOk = ({ status = 0 }: Request): boolean => status >= 200 && status < 300

const tally = (keys: Iterable<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

const sentence = (counts: Iterable<readonly [string, number | undefined]>): string =>
  [...counts]
    .map(([name, n]) => `${name} × ${n}`)
    .sort()
    .join(", ") || "no request"

/** Says how the requests differ from what was expected, if they do. */
export const difference = (requests: ReadonlyArray<Request>, expected: Counts): string | undefined => {
  const seen = sentence(tally(requests.map(kind)))
  const wanted = sentence(Object.entries(expected))
  return seen === wanted ? undefined : `expected ${wanted} at the platform, and there came ${seen}`
}

const paintStatus = ({ status = 0 }: Request) => (status < 400 ? cyan(status || "no answer") : yellow(status))

/** One line for each request, or for several in a row that are alike. */
export const list = (requests: ReadonlyArray<Request>): ReadonlyArray<string> => {
  const lines: Array<{ readonly text: string; readonly n: number }> = []
  for (const request of requests) {
    const text = `${cyan(`${request.method} ${request.path}`)} ${paintStatus(request)}`
    const last = lines.at(-1)
    if (last?.text === text) lines[lines.length - 1] = { text, n: last.n + 1 }
    else lines.push({ text, n: 1 })
  }
  return lines.map(({ n, text }) => (n === 1 ? text : `${text} ${dim(`× ${n}`)}`))
}

/** A row for each endpoint, a column for each status. */
export const table = (requests: ReadonlyArray<Request>): ReadonlyArray<string> => {
  const statuses = [...new Set(requests.map(({ status }) => status))].sort()
  const cells = (some: ReadonlyArray<Request>) =>
    [...statuses.map((status) => some.filter((request) => request.status === status).length), some.length]
      .map((n) => String(n || "·").padStart(9))
      .join("")
  const row = (name: string, endpoint: string, rest: string) => `${name.padEnd(8)}${endpoint.padEnd(43)}${rest}`
  const heads = [...statuses.map((status) => `${status ?? "no answer"}`), "in all"]
  const endpoint = ({ method, path }: Request) => `${method} ${path}`
  const order = [...kinds.values(), "call"]
  const endpoints = new Map(requests.map((request) => [endpoint(request), request]))
  return [
    dim(row("", "", heads.map((head) => head.padStart(9)).join(""))),
    ...[...endpoints.values()]
      .sort((one, other) => order.indexOf(kind(one)) - order.indexOf(kind(other)))
      .map((one) => {
        const alike = requests.filter((other) => endpoint(other) === endpoint(one))
        return row(kind(one), endpoint(one), cells(alike))
      }),
    bold(row("in all", "", cells(requests)))
  ]
}
