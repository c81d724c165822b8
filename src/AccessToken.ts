/**
 * The OAuth 2.0 access token that every call to the platform carries as `Authorization: Bearer`.
 *
 * @since 0.1.0
 * @module
 */
import * as Schema from "effect/Schema"
import { fingerprintOf } from "./internal/secrets/fingerprint.js"

/**
 * An access token (RFC 6749 section 1.4), opaque and shared by everyone who uses the same application key.
 *
 * @since 0.1.0
 * @category models
 */
export class AccessToken extends Schema.Class<AccessToken>("effect-thingspace-auth/AccessToken")({
  /** What the header carries. */
  secret: Schema.Redacted(Schema.String),
  /** When the platform stops accepting it, by this machine's clock; none if it did not say, or if it never does. */
  expiresAt: Schema.OptionFromNullOr(Schema.DateTimeUtc)
}) {}

/**
 * Names an access token without revealing it, such as `#5f0c91ab`: for logs and support tickets.
 *
 * @since 0.1.0
 * @category getters
 */
export const fingerprint = (token: AccessToken): string => fingerprintOf(token.secret)
