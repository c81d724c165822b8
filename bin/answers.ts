/**
 * What answers mean that a network, a proxy or the platform gives.
 */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Rejection } from "effect-thingspace-auth"

export interface Verdict {
  readonly ok: boolean
  readonly says: string
  readonly next: string
}

const ok = (says: string): Verdict => ({ ok: true, says, next: "" })

const isHtml = (headers: Headers.Headers, body: string) =>
  /html/i.test(headers["content-type"] ?? "") || /^\s*<(!doctype|html)/i.test(body)

/** To an API call without credentials, which the platform's gateway refuses. */
export const ofGateway = (status: number, headers: Headers.Headers, body: string): Verdict => {
  const proxy = "Check THINGSPACE_BASE_URL, and whether a proxy or a sign-in page stands between."
  if (status >= 300 && status < 400) {
    const to = URL.canParse(headers.location ?? "") ? ` to ${new URL(headers.location ?? "").origin}` : ""
    return { ok: false, says: `Something redirects API calls${to} (status ${status})`, next: proxy }
  }
  if (isHtml(headers, body)) {
    return { ok: false, says: `Something answers API calls with a page of HTML (status ${status})`, next: proxy }
  }
  if (status >= 500) {
    return {
      ok: false,
      says: `An error of a server's (status ${status})`,
      next: "Passing, as a rule: try again later."
    }
  }
  if (status < 400) {
    return { ok: false, says: `An API call without credentials was accepted (status ${status})`, next: proxy }
  }
  return Rejection.classify(status, body) === "AccessToken"
    ? ok(`Answered as the platform's gateway does (status ${status})`)
    : ok(`Answered with status ${status}, in words that the gateway is not known to use`)
}

const codeOf = (cause: unknown, depth = 5): string | undefined => {
  if (typeof cause !== "object" || cause === null || depth === 0) return undefined
  if ("code" in cause && typeof cause.code === "string") return cause.code
  return "cause" in cause ? codeOf(cause.cause, depth - 1) : undefined
}

const cures: ReadonlyArray<readonly [code: RegExp, next: string]> = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, "The host's name is not known: check THINGSPACE_BASE_URL and the DNS."],
  [/^ECONNREFUSED$/, "Nothing listens there: check THINGSPACE_BASE_URL, its port and any firewall."],
  [
    /CERT|SIGNATURE/,
    "Its certificate is not trusted: add the issuer's with NODE_EXTRA_CA_CERTS, if it is a proxy of yours."
  ]
]

/** No answer. */
export const ofFailure = (error: HttpClientError.HttpClientError): Verdict => {
  const code = codeOf(error.cause)
  const next = cures.find(([pattern]) => pattern.test(code ?? ""))?.[1]
  return {
    ok: false,
    says: `No connection${code === undefined ? "" : ` (${code})`}`,
    next: next ?? "Check the network and any firewall; Node's fetch uses no proxy by itself."
  }
}

const Account = Schema.parseJson(Schema.Struct({ organizationName: Schema.String }))

const refusals: { readonly [K in Rejection.Rejection]: string } = {
  AccessToken: "The access token was issued a moment ago: check in the portal that the application may use this API.",
  SessionToken: "The session was opened a moment ago: run this again, and ask Verizon's support if it stays so.",
  Unknown: "Neither credential is named: check in the portal what the application may do, and the user with Verizon.",
  Permission: "Check THINGSPACE_ACCOUNT, leading zeros included, and that the UWS user belongs to that account.",
  None: "The credentials are not what is refused: look at the status, and try again later."
}

/** To reading the account with both credentials. */
export const ofAccount = (status: number, body: string, account: string): Verdict => {
  if (status >= 400) {
    const code = /"(?:errorCode|code|error)"\s*:\s*"?([\w.]+)/.exec(body)?.[1]
    const says = `Reading ${account} was refused${code === undefined ? "" : ` with ${code}`} (status ${status})`
    return { ok: false, says, next: refusals[Rejection.classify(status, body)] }
  }
  return Option.match(Schema.decodeOption(Account)(body), {
    onNone: () => ({
      ok: false,
      says: `Reading ${account} brought no account (status ${status})`,
      next: "Check whether a proxy answers in the platform's place."
    }),
    onSome: ({ organizationName }) => ok(`Account ${account} read: ${organizationName}`)
  })
}
