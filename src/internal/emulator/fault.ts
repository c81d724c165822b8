/**
 * What can go wrong between a client and the platform; see `answer`, `hang`, `lostRequest`, `lostResponse`, `truncated`.
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

/** A fault that waits for requests. */
export interface Pending {
  readonly fault: Fault
  readonly path: string
  readonly times: number
}

/** Takes the first fault that waits for `path`, and leaves the others. */
export const take = (
  pending: ReadonlyArray<Pending>,
  path: string
): readonly [fault: Fault | undefined, rest: ReadonlyArray<Pending>] => {
  const found = pending.find((one) => path.startsWith(one.path))
  if (found === undefined) {
    return [undefined, pending]
  }
  return [
    found.fault,
    found.times > 1
      ? pending.map((one) => (one === found ? { ...one, times: one.times - 1 } : one))
      : pending.filter((one) => one !== found)
  ]
}
