import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as body from "./body.js"
import { uws } from "./dialects.js"
import { type Call, reads, resource } from "./product.js"
import type { Callback } from "./state.js"
import { hasAccount, refuseAccount } from "./visible.js"
import { json } from "./wire.js"

const Registration = Schema.Struct({
  name: Schema.String,
  url: Schema.String,
  username: Schema.optionalWith(Schema.String, { default: () => "" }),
  password: Schema.optionalWith(Schema.String, { default: () => "" })
})

/** The simulator has an account of its own for callbacks (page "API Console"). */
const mayUse = (call: Call, account: string) =>
  hasAccount(call, account) || (call.simulator && account === "TestAccount-2")

const registered = ({ state }: Call, account: string): ReadonlyArray<Callback> =>
  Option.getOrElse(HashMap.get(state.callbacks, account), () => [])

const replaced = (call: Call, account: string, name: string, by: ReadonlyArray<Callback>) => ({
  ...call.state,
  callbacks: HashMap.set(call.state.callbacks, account, [
    ...registered(call, account).filter((one) => one.name !== name),
    ...by
  ])
})

/** The listeners of an account (generated SDK, `listRegisteredCallbacks`). */
export const callbackList = reads(
  "GET /callbacks/{account}",
  { summary: "the callback listeners of an account", source: "reported" },
  (call) => {
    const [account = ""] = call.parameters
    return mayUse(call, account)
      ? json(
          200,
          registered(call, account).map(({ name, password, url, username }) => ({
            accountName: account,
            password,
            serviceName: name,
            url,
            username
          }))
        )
      : refuseAccount(account)
  }
)

/**
 * Registers a listener (generated SDK, `registerCallback`); that it replaces one for the same service is the emulator's
 * choice.
 */
export const callbackRegistration = resource(
  "POST /callbacks/{account}",
  { summary: "registers a callback listener; nothing is ever sent to it", source: "reported" },
  (call) => {
    const [account = ""] = call.parameters
    if (!mayUse(call, account)) {
      return [refuseAccount(account), call.state]
    }
    const registration = body.parse(Registration, call.request.text)
    if (Either.isLeft(registration)) {
      return [registration.left, call.state]
    }
    const { name } = registration.right
    return [json(200, { accountName: account, serviceName: name }), replaced(call, account, name, [registration.right])]
  }
)

/** Removes a listener (generated SDK, `deregisterCallback`); the refusal of one that is not there is invented. */
export const callbackDeletion = resource(
  "DELETE /callbacks/{account}/name/{service}",
  { summary: "removes a callback listener", source: "reported" },
  (call) => {
    const [account = "", name = ""] = call.parameters
    if (!mayUse(call, account)) {
      return [refuseAccount(account), call.state]
    }
    return registered(call, account).some((one) => one.name === name)
      ? [json(200, { accountName: account, serviceName: name }), replaced(call, account, name, [])]
      : [uws("REQUEST_FAILED.CallbackNotFound", `No callback is registered for ${name}.`), call.state]
  }
)
