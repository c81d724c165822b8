import type * as Effect from "effect/Effect"

/** A request as the platform receives it. */
export interface Request {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly text: string
}

/** An answer as the platform sends it; header names are in lower case. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: ReadonlyArray<string>
  readonly body: string
}

/** What arrives of an answer; `undefined` if nothing was decided. */
export interface Reply {
  readonly answer: Answer | undefined
  readonly arrives: "whole" | "half" | "not at all"
}

/** The platform as its transports see it. */
export type Receive = (request: Request) => Effect.Effect<Reply>

/** Reads a request whose URL and body have arrived. */
export const request = (
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array
): Request => ({
  method,
  url: url.href,
  path: url.pathname,
  headers: { ...headers },
  body,
  text: new TextDecoder().decode(body)
})

/** An answer with a body of the given content type. */
export const text = (status: number, contentType: string, body: string): Answer => ({
  status,
  headers: { "content-type": contentType },
  cookies: [],
  body
})

/** An answer with a JSON body. */
export const json = (status: number, body: unknown): Answer => text(status, "application/json", JSON.stringify(body))

/** An answer without a body. */
export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  cookies: [],
  body: ""
})

/** The answer to a request whose body is longer than the emulator reads. */
export const tooLong: Answer = text(413, "text/plain", "The request's body is too long.")
