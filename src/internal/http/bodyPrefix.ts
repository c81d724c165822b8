import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * The beginning of a response's body.
 *
 * @internal
 */
export interface BodyPrefix {
  readonly bytes: Uint8Array
  /** What follows: nothing if the body ended, its failure if it broke off, else what is unread, which can be read once. */
  readonly rest: Stream.Stream<Uint8Array, HttpClientError.ResponseError>
  readonly complete: boolean
  /** Closes the connection without reading the rest. */
  readonly discard: Effect.Effect<void>
}

/**
 * How much of a body is read to learn what it says, in bytes.
 *
 * @internal
 */
export const limit = 64 * 1024

/** @internal */
export const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/**
 * Discards a rest that nobody reads: a program that looks at the status alone never reads a proxy's long error page, and
 * the transport stops watching for that once its body has been begun.
 */
const unread =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<Effect.Effect<void>>((discard) => void Effect.runFork(discard))

/**
 * Such a body is read as text, which costs a tenth of a stream: it is short, and JSON is UTF-8 (RFC 8259 section 8.1), so
 * nothing is lost. A transport may unpack a compressed body to any length.
 */
const isShortJson = (headers: Headers.Headers, limit: number): boolean =>
  Number.parseInt(headers["content-length"] ?? "", 10) <= limit &&
  headers["content-encoding"] === undefined &&
  /\bjson\b/i.test(headers["content-type"] ?? "")

type Pull = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<HttpClientError.ResponseError>>

/**
 * Reads a body until it ends, breaks off, exceeds the limit or takes too long.
 *
 * @internal
 */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number,
  within: Duration.Duration
): Effect.Effect<BodyPrefix> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Scope.make(), (scope) => {
      const parts: Array<Uint8Array> = []
      let size = 0
      let spent = false
      const discard = Effect.suspend(() => {
        spent = true
        return Scope.close(scope, Exit.void)
      })
      const add = (part: Uint8Array) => {
        parts.push(part)
        size += part.length
      }
      const prefix = (rest: BodyPrefix["rest"], complete: boolean): BodyPrefix => ({
        bytes: concat(parts),
        rest,
        complete: complete && size <= limit,
        discard
      })
      const failure = (description: string) =>
        new HttpClientError.ResponseError({ request: response.request, response, reason: "Decode", description })
      const ended = (end: Option.Option<HttpClientError.ResponseError>): Effect.Effect<BodyPrefix> =>
        Effect.map(discard, () =>
          Option.isNone(end) || end.value.reason === "EmptyBody"
            ? prefix(Stream.empty, true)
            : prefix(Stream.fail(end.value), false)
        )
      const following = (pull: Pull): BodyPrefix["rest"] => {
        const token = {}
        const rest = Stream.suspend(() => {
          unread?.unregister(token)
          if (spent) return Stream.fail(failure("the body has been read before, or discarded"))
          spent = true
          return Stream.ensuring(Stream.fromPull(Effect.succeed(pull)), discard)
        })
        unread?.register(rest, discard, token)
        return rest
      }
      const readOn = (pull: Pull): Effect.Effect<BodyPrefix> =>
        Effect.matchEffect(pull, {
          onFailure: ended,
          onSuccess: (chunk) => {
            for (const part of chunk) add(part)
            return size > limit ? Effect.succeed(prefix(following(pull), false)) : readOn(pull)
          }
        })
      const text = Effect.matchEffect(
        Effect.suspend(() => response.text),
        {
          onFailure: (error) => ended(Option.some(error)),
          onSuccess: (text) => {
            add(new TextEncoder().encode(text))
            return ended(Option.none())
          }
        }
      )
      // A client beneath may have read the body, for its log: the stream is locked then, and the text is kept.
      const stream = Effect.suspend(() => Scope.extend(Stream.toPull(response.stream), scope)).pipe(
        Effect.flatMap(readOn),
        Effect.catchAllDefect(() => text)
      )
      return (isShortJson(response.headers, limit) ? text : stream).pipe(
        Effect.timeoutTo({
          duration: within,
          onSuccess: Effect.succeed,
          onTimeout: () => ended(Option.some(failure(`the body was not complete within ${Duration.format(within)}`)))
        }),
        Effect.flatten,
        restore,
        Effect.onError(() => discard)
      )
    })
  )

/**
 * Closes the connection of a response whose body has not been begun. Nobody waits for it.
 *
 * @internal
 */
export const discard = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  read(response, 0, Duration.zero).pipe(
    Effect.flatMap((prefix) => prefix.discard),
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.asVoid
  )
