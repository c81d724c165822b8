/**
 * The token of a UWS session, which calls to the platform carry as `VZ-M2M-Token`.
 *
 * @since 0.1.0
 * @module
 */
import * as Schema from "effect/Schema"
import { fingerprintOf } from "./internal/secrets/fingerprint.js"

/**
 * A session token: alive while it is used, dead after 20 idle minutes.
 *
 * Its form is not checked: the platform issues GUIDs, its simulator takes any value.
 *
 * @since 0.1.0
 * @category models
 */
export class SessionToken extends Schema.Class<SessionToken>("effect-thingspace-auth/SessionToken")({
  /** What the header carries. */
  secret: Schema.Redacted(Schema.String)
}) {}

/**
 * Names a session without revealing its token, such as `#5f0c91ab`: for logs and support tickets.
 *
 * @since 0.1.0
 * @category getters
 */
export const fingerprint = (token: SessionToken): string => fingerprintOf(token.secret)
