import * as Effect from "effect/Effect"
import type { Play } from "./server.js"
import * as server from "./server.js"

/** What the platform would issue; one body that is a success of every call. */
export const issued = JSON.stringify({
  access_token: "issued-token-4c1d",
  token_type: "Bearer",
  expires_in: 3600,
  sessionToken: "issued-session-88f2",
  newPassword: "issued-password-e77a"
})

/** A gateway's refusal of the access token. */
export const fault = JSON.stringify({
  fault: { code: "900901", message: "Invalid Credentials", description: "Access failure for API: /m2m/v1" }
})

export const bodyOf = (status: number): string => (status < 300 ? issued : fault)

/** The head of an answer after which the connection is not used again. */
export const head = (status: number, ...headers: ReadonlyArray<string>): string =>
  [`HTTP/1.1 ${status} Whatever`, "content-type: application/json", "connection: close", ...headers, "\r\n"].join(
    "\r\n"
  )

/** A whole answer, with its length and whatever other headers. */
export const respond = (status: number, body: string, ...headers: ReadonlyArray<string>): string =>
  head(status, `content-length: ${body.length}`, ...headers) + body

/** The answer of a platform in good health. */
export const honest = (status = 200, ...headers: ReadonlyArray<string>): string =>
  respond(status, bodyOf(status), ...headers)

export const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

export const chunked = (status: number, ...chunks: ReadonlyArray<string>): string =>
  head(status, "transfer-encoding: chunked") + chunks.join("")

/** Says something, or something about what was asked, and leaves the connection open. */
export const say =
  (bytes: string | Uint8Array | ((request: string) => string)): Play =>
  (connection, request) =>
    server.write(connection, typeof bytes === "function" ? bytes(request) : bytes)

export const sayAndEnd =
  (bytes: string | Uint8Array | ((request: string) => string)): Play =>
  (connection, request) =>
    Effect.zipRight(say(bytes)(connection, request), server.end(connection))

export const sayAndReset =
  (bytes: string | Uint8Array): Play =>
  (connection, request) =>
    Effect.zipRight(say(bytes)(connection, request), server.reset(connection))

/** Says the beginning, then the rest again and again for as long as the client listens. */
export const sayForever =
  (beginning: string, rest: string | Uint8Array, pause = 0): Play =>
  (connection) =>
    Effect.zipRight(
      server.write(connection, beginning),
      Effect.forever(Effect.zipRight(pause === 0 ? Effect.void : Effect.sleep(pause), server.write(connection, rest)))
    )
