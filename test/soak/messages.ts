import * as Schema from "effect/Schema"

/** Which of the two credentials. */
export const Kind = Schema.Literal("token", "session")

export type Kind = typeof Kind.Type

/** What the platform has seen so far, and what was done to it. */
export const Account = Schema.Struct({
  /** Requests for API resources that were accepted, and that were refused. */
  accepted: Schema.Number,
  refused: Schema.Number,
  tokenRequests: Schema.Number,
  /** Token requests while the token was good and far from its end. */
  needlessTokenRequests: Schema.Number,
  tokensIssued: Schema.Number,
  revoked: Schema.Number,
  expired: Schema.Number,
  logins: Schema.Number,
  /** Logins while the session was alive and in use. */
  needlessLogins: Schema.Number,
  /** Logins refused for their access token, and for any other reason. */
  loginsWithDeadToken: Schema.Number,
  loginsRefused: Schema.Number,
  killed: Schema.Number,
  /** Connections that clients have used and not closed. */
  connections: Schema.Number,
  /** The longest time in which the process did nothing that was due, in milliseconds. */
  stalled: Schema.Number
})

export type Account = typeof Account.Type

/** What the process that drives the callers asks of the one that is the platform; each is answered by `Done`. */
export const Request = Schema.Struct({
  id: Schema.Number,
  does: Schema.Literal("strike token", "strike session", "close idle connections")
})

export type Request = typeof Request.Type

export const FromPlatform = Schema.Union(
  Schema.TaggedStruct("Listening", { url: Schema.String }),
  Schema.TaggedStruct("Issued", { kind: Kind, at: Schema.Number }),
  Schema.TaggedStruct("Account", { account: Account }),
  Schema.TaggedStruct("Done", { id: Schema.Number, account: Account })
)

export type FromPlatform = typeof FromPlatform.Type

/** How the platform is set up: times in milliseconds. */
export const Setting = Schema.Struct({
  seed: Schema.Number,
  tokenLifetime: Schema.Number,
  sessionIdle: Schema.Number,
  /** The longest time that a request to an API travels, and that its answer does. */
  latency: Schema.Number
})

export type Setting = typeof Setting.Type

export const SettingJson = Schema.parseJson(Setting)
