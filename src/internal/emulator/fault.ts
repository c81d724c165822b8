import * as Duration from "effect/Duration"

/**
 * What can go wrong between a client and the platform. Those that are made by `answer`, `hang` and `lostRequest` act
 * before the platform's decision, which is then not made; `after` turns them into faults that follow it.
 *
 * @since 0.1.0
 * @category faults
 */
export type Fault =
  | {
      readonly _tag: "Answer"
      readonly status: number
      readonly body: string
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly _tag: "Hang" }
  | { readonly _tag: "LostRequest" }
  | { readonly _tag: "LostResponse" }
  | { readonly _tag: "Truncated" }
  | { readonly _tag: "After"; readonly fault: Fault }
  | { readonly _tag: "Delayed"; readonly delay: Duration.Duration; readonly fault: Fault | undefined }
  | { readonly _tag: "ErrorInSuccess"; readonly error: object }
  | { readonly _tag: "LaggingNode"; readonly lag: Duration.Duration }

/**
 * A fault that answers in the platform's place, which does not act; the content type is JSON unless `headers` say
 * otherwise, and `body` is empty by default.
 *
 * @since 0.1.0
 * @category faults
 */
export const answer = (
  status: number,
  options?: {
    /** The answer's body; default empty. */
    readonly body?: string | undefined
    /** The answer's headers; default a JSON content type. */
    readonly headers?: Readonly<Record<string, string>> | undefined
  }
): Fault => ({ _tag: "Answer", status, body: options?.body ?? "", headers: options?.headers ?? {} })

/**
 * A fault in which the platform neither acts nor answers; the connection stays open as long as the emulator runs.
 *
 * @since 0.1.0
 * @category faults
 */
export const hang: Fault = { _tag: "Hang" }

/**
 * A fault in which the connection fails before the platform acts.
 *
 * @since 0.1.0
 * @category faults
 */
export const lostRequest: Fault = { _tag: "LostRequest" }

/**
 * A fault in which the platform acts and the connection fails before its answer arrives.
 *
 * @since 0.1.0
 * @category faults
 */
export const lostResponse: Fault = { _tag: "LostResponse" }

/**
 * A fault in which the platform acts and the connection fails half way through the body of its answer.
 *
 * @since 0.1.0
 * @category faults
 */
export const truncated: Fault = { _tag: "Truncated" }

/**
 * A fault in which the platform acts, and its client then meets `fault` in place of the platform's answer: a login that
 * was judged and is answered 503 is `after(answer(503))`.
 *
 * @since 0.2.0
 * @category faults
 */
export const after = (fault: Fault): Fault => ({ _tag: "After", fault })

/**
 * A fault in which the answer, or what `fault` makes of it, arrives later by `delay`; the platform acts at once.
 *
 * @since 0.2.0
 * @category faults
 */
export const delayed = (delay: Duration.DurationInput, fault?: Fault): Fault => ({
  _tag: "Delayed",
  delay: Duration.decode(delay),
  fault
})

/**
 * A fault in which the gateway turns the request away before the platform sees it: WSO2's 900800 with `Retry-After`.
 *
 * @since 0.2.0
 * @category faults
 */
export const throttled = (options?: {
  /** The status; default 429, older gateways send 503. */
  readonly status?: 429 | 503 | undefined
  /** How long the client is asked to wait, in whole seconds; default 5 seconds. */
  readonly retryAfter?: Duration.DurationInput | undefined
}): Fault =>
  answer(options?.status ?? 429, {
    body: JSON.stringify({
      fault: { code: "900800", message: "Message throttled out", description: "You have exceeded your quota" }
    }),
    headers: { "retry-after": String(Math.ceil(Duration.toSeconds(options?.retryAfter ?? "5 seconds"))) }
  })

/**
 * A fault that answers with a web page, as a proxy or a captive portal does; the platform does not act.
 *
 * @since 0.2.0
 * @category faults
 */
export const webPage = (status = 200): Fault =>
  answer(status, {
    body: "<!DOCTYPE html><html><body><h1>Please wait</h1></body></html>",
    headers: { "content-type": "text/html" }
  })

/**
 * A fault in which the platform acts and answers with an error under status 200: its own error if it refused, otherwise
 * `error`, by default the platform's `UnexpectedError`.
 *
 * @since 0.2.0
 * @category faults
 */
export const errorInSuccess = (
  error: object = {
    errorCode: "UnifiedWebService.REQUEST_FAILED.UnexpectedError",
    errorMessage: "An unexpected error occurred."
  }
): Fault => ({ _tag: "ErrorInSuccess", error })

/**
 * A fault in which an API's node has not heard yet of an access token that was issued less than `lag` ago, and refuses
 * it; older tokens, and requests for a token, are served.
 *
 * @since 0.2.0
 * @category faults
 */
export const laggingNode = (lag: Duration.DurationInput): Fault => ({ _tag: "LaggingNode", lag: Duration.decode(lag) })
