import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { Device } from "./device.js"
import * as Fault from "./fault.js"

const Time = Schema.transformOrFail(Schema.Union(Schema.String, Schema.NonNegative), Schema.DurationFromSelf, {
  strict: true,
  decode: (input, _, ast) =>
    Option.match(Duration.decodeUnknown(input), {
      onNone: () => ParseResult.fail(new ParseResult.Type(ast, input, 'expected a time such as "5 seconds"')),
      onSome: ParseResult.succeed
    }),
  encode: (time) => ParseResult.succeed(Duration.toMillis(time))
})

const optional = Schema.optional
const after = optional(Schema.Boolean)

/** A fault as JSON: the name of its constructor and what that takes. */
const NamedFault = Schema.Union(
  Schema.Struct({
    name: Schema.Literal("answer"),
    status: Schema.Int.pipe(Schema.between(200, 599)),
    body: optional(Schema.String),
    headers: optional(Schema.Record({ key: Schema.String, value: Schema.String })),
    after
  }),
  Schema.Struct({ name: Schema.Literal("hang", "lostRequest", "lostResponse", "truncated"), after }),
  Schema.Struct({
    name: Schema.Literal("throttled"),
    status: optional(Schema.Literal(429, 503)),
    retryAfter: optional(Time),
    after
  }),
  Schema.Struct({
    name: Schema.Literal("webPage"),
    status: optional(Schema.Int.pipe(Schema.between(200, 599))),
    after
  }),
  Schema.Struct({ name: Schema.Literal("errorInSuccess"), error: optional(Schema.Object) }),
  Schema.Struct({ name: Schema.Literal("laggingNode"), lag: Time }),
  Schema.Struct({ name: Schema.Literal("delayed"), delay: Time })
)

type NamedFault = typeof NamedFault.Type

const plain = {
  hang: Fault.hang,
  lostRequest: Fault.lostRequest,
  lostResponse: Fault.lostResponse,
  truncated: Fault.truncated
}

const before = (named: NamedFault): Fault.Fault => {
  switch (named.name) {
    case "answer":
      return Fault.answer(named.status, named)
    case "throttled":
      return Fault.throttled(named)
    case "webPage":
      return Fault.webPage(named.status)
    case "errorInSuccess":
      return Fault.errorInSuccess(named.error)
    case "laggingNode":
      return Fault.laggingNode(named.lag)
    case "delayed":
      return Fault.delayed(named.delay)
    default:
      return plain[named.name]
  }
}

/** The fault that a name stands for. */
export const fault = (named: NamedFault): Fault.Fault =>
  "after" in named && named.after === true ? Fault.after(before(named)) : before(named)

/** The body that puts a fault in the way. */
export const FaultBody = Schema.Struct({
  fault: NamedFault,
  method: optional(Schema.String),
  path: optional(Schema.String),
  body: optional(Schema.String),
  times: optional(Schema.Positive),
  lasts: optional(Time)
})

/** The body that replaces the devices. */
export const DevicesBody = Schema.Array(Device)

/** The body that changes a password. */
export const PasswordBody = Schema.Struct({ username: Schema.String, password: Schema.String })
