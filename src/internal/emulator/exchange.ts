import type { Fault } from "./fault.js"

/**
 * A request that has been sent and not yet answered.
 *
 * @since 0.2.0
 * @category models
 */
export interface PendingRequest {
  /** When it was sent, in milliseconds since the epoch by the `Clock`. */
  readonly sentAt: number
  /** The request's method, in capitals. */
  readonly method: string
  /** The full URL, origin and query included. */
  readonly url: string
  /** The path of `url`. */
  readonly path: string
  /** The request's headers under lower-case names, secrets included. */
  readonly headers: Readonly<Record<string, string>>
  /** The request's body as UTF-8 text, secrets included. */
  readonly body: string
  /** Whether the platform, or a fault in its place, has received it, so that only the answer is on its way. */
  readonly received: boolean
}

/**
 * One request and what became of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Exchange {
  /** When the platform received the request, in milliseconds since the epoch by the `Clock`. */
  readonly at: number
  /** The request's method, in capitals. */
  readonly method: string
  /** The full URL, origin and query included: what was sent to which host. */
  readonly url: string
  /** The path of `url`. */
  readonly path: string
  /** The request's headers under lower-case names, secrets included. */
  readonly headers: Readonly<Record<string, string>>
  /** The request's body as UTF-8 text, secrets included. */
  readonly body: string
  /** The status the platform decided on, or `undefined` if it decided on none: see `hang` and `lostRequest`. */
  readonly status: number | undefined
  /** The body of the platform's answer, empty if there is none. */
  readonly response: string
  /** The status that was sent to the client, or `undefined` if none was; differs from `status` after `after(…)`. */
  readonly answered: number | undefined
  /** The fault that `failNext` put in the way of this request. */
  readonly fault: Fault["_tag"] | undefined
}

const secretHeaders = ["authorization", "cookie", "set-cookie", "vz-m2m-token", "sessiontoken"]

/** The first four characters of a secret long enough to spare them, so that one can be told from another. */
const mask = (secret: string) => (secret.length < 12 ? "…" : `${secret.slice(0, 4)}…`)

/** Only the name of a known scheme is shown: whatever else stands first may be the secret itself. */
const maskedHeader = (value: string) => {
  const [, scheme = "", secret = ""] = /^((?:basic|bearer) +)?(.*)$/is.exec(value) ?? []
  return `${scheme}${mask(secret)}`
}

const authentication = /\/(oauth2|session)(\/|$)/

/** The values of fields that hold a secret, such as the password of a callback listener. */
const maskedBody = (path: string, body: string) =>
  body !== "" && authentication.test(path)
    ? "…"
    : body.replaceAll(/("(?:\w*password|\w*token|\w*secret)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi, '$1"…"')

/**
 * A request as it may be printed: credentials are masked whatever their form, and the bodies of authentication calls
 * are left out.
 *
 * @since 0.2.0
 * @category combinators
 */
export const masked: {
  (exchange: Exchange): Exchange
  (request: PendingRequest): PendingRequest
} = <A extends Exchange | PendingRequest>(request: A): A => ({
  ...request,
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      secretHeaders.includes(name) ? maskedHeader(value) : value
    ])
  ),
  body: maskedBody(request.path, request.body),
  ...("response" in request ? { response: maskedBody(request.path, request.response) } : {})
})
