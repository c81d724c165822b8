import * as Hash from "effect/Hash"
import * as Redacted from "effect/Redacted"

/**
 * Names a credential in logs: tells two apart in a support ticket, and reveals neither.
 *
 * @internal
 */
export const fingerprintOf = (secret: Redacted.Redacted): string => fingerprintOfText(Redacted.value(secret))

/** @internal */
export const fingerprintOfText = (text: string): string => `#${(Hash.string(text) >>> 0).toString(16).padStart(8, "0")}`
