import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { missingCredentials, wrapped } from "./dialects.js"
import type { Settings } from "./settings.js"
import * as State from "./state.js"
import { type Answer, empty, json, type Request } from "./wire.js"

const formDecode = (value: string) => Either.try(() => decodeURIComponent(value.replaceAll("+", " ")))

/** Key and secret of a Basic header: base64, split at the first colon, each form-decoded (RFC 6749 section 2.3.1). */
const basic = (authorization: string) =>
  Either.gen(function* () {
    const decoded = yield* Encoding.decodeBase64String(authorization.replace(/^basic +/i, ""))
    const colon = decoded.indexOf(":")
    const key = yield* formDecode(colon < 0 ? decoded : decoded.slice(0, colon))
    const secret = yield* formDecode(colon < 0 ? "" : decoded.slice(colon + 1))
    return { key, secret }
  })

const invalidRequest = (description: string): Answer =>
  json(400, { error_description: description, error: "invalid_request" })

const refusal = (settings: Settings, request: Request, form: URLSearchParams): Answer | undefined => {
  const authorization = request.headers.authorization ?? ""
  if (!/^basic +/i.test(authorization)) {
    return wrapped(401, missingCredentials("Basic"))
  }
  const credentials = basic(authorization)
  if (
    Either.isLeft(credentials) ||
    credentials.right.key !== settings.appKey ||
    credentials.right.secret !== settings.appSecret
  ) {
    return json(401, { error: "invalid_client", error_description: "Client Authentication failed." })
  }
  return form.get("grant_type") === "client_credentials"
    ? undefined
    : invalidRequest("Missing grant_type parameter value")
}

const requestToken = (settings: Settings, state: State.State, now: number): State.Step => {
  const [token, next] = State.issueToken(settings, state, now)
  const answer = json(200, {
    access_token: token.value,
    scope: " ts.application.ro ts.mec.fullaccess",
    token_type: "Bearer",
    expires_in: Math.floor((token.expiresAt - now) / 1000)
  })
  const cookies = ["ts-web-ingress-route=emulated; Path=/; HttpOnly", `token=${token.value}; Path=/; HttpOnly`]
  return [{ ...answer, cookies }, next]
}

const revokeToken = (form: URLSearchParams, state: State.State): State.Step => {
  const token = form.get("token") ?? ""
  if (token === "") {
    return [invalidRequest("Missing token parameter value"), state]
  }
  const printable = /^[\x21-\x7e]+$/.test(token)
  return [empty(200, printable ? { revokedaccesstoken: token } : {}), State.revokeToken(state, token)]
}

/** The token and revoke endpoints (page "Get Credentials"). */
export const handle = (
  settings: Settings,
  endpoint: "token" | "revoke",
  request: Request,
  state: State.State,
  now: number
): State.Step => {
  const form = new URLSearchParams(request.text)
  const refused = refusal(settings, request, form)
  if (refused !== undefined) {
    return [refused, state]
  }
  return endpoint === "token" ? requestToken(settings, state, now) : revokeToken(form, state)
}
