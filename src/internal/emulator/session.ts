import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as body from "./body.js"
import { uws } from "./dialects.js"
import * as opaque from "./opaque.js"
import type { Call } from "./product.js"
import * as State from "./state.js"
import { json } from "./wire.js"

const LoginBody = Schema.Struct({ username: Schema.String, password: Schema.String })
const ResetBody = Schema.Struct({ oldPassword: Schema.String })

const hasPassword = (state: State.State, username: string, password: string) =>
  Option.contains(HashMap.get(state.passwords, username), password)

/** Starts a session (page "Start Session"); a request that cannot be read is no strike against the user. */
export const login = ({ now, request, settings, simulator, state }: Call): State.Step => {
  const credentials = body.parse(LoginBody, request.text)
  if (Either.isLeft(credentials)) {
    return [credentials.left, state]
  }
  const { password, username } = credentials.right
  if (!simulator && State.isLocked(state, username)) {
    return [uws("REQUEST_FAILED.UserLocked", "The user is locked. Contact Verizon Support."), state]
  }
  if (!simulator && !hasPassword(state, username, password)) {
    const field = HashMap.has(state.passwords, username) ? "Password" : "Username"
    return [uws(`INPUT_INVALID.${field}.Invalid`, `The ${field} is invalid.`), State.refuse(state, username)]
  }
  const [sessionToken, next] = State.startSession(settings, state, username, now)
  return [json(200, { sessionToken }), next]
}

/** Ends the session of the call (page "End Session"). */
export const logout = ({ session, state }: Call): State.Step => [
  json(200, { sessionToken: session.token }),
  State.endSession(state, session.token)
]

/** Replaces the user's password with a random one, at once; sessions go on (page "Reset Password"). */
export const resetPassword = ({ request, session, simulator, state }: Call): State.Step => {
  const reset = body.parse(ResetBody, request.text)
  if (Either.isLeft(reset)) {
    return [reset.left, state]
  }
  if (!simulator && !hasPassword(state, session.username, reset.right.oldPassword)) {
    return [uws("INPUT_INVALID.Password.Invalid", "The Password is invalid."), state]
  }
  const issued = state.issued + 1
  const newPassword = `Wh0${opaque.hex(state.seed, issued).slice(0, 12)}`
  const next = { ...state, issued }
  return [json(200, { newPassword }), simulator ? next : State.setPassword(next, session.username, newPassword)]
}
