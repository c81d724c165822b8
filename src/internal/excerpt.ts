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
export interface Excerpt {
  readonly bytes: Uint8Array
  /** What follows: nothing where the body ended, its failure where it broke off, otherwise the part not read yet. */
  readonly rest: Stream.Stream<Uint8Array, HttpClientError.ResponseError>
  readonly complete: boolean
  /** Lets go of the connection without reading the rest. */
  readonly discard: Effect.Effect<void>
}

/**
 * As much of a body as is read to learn what it says, in bytes.
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

type Pull = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<HttpClientError.ResponseError>>

/**
 * Reads a body until it ends, breaks off, exceeds the limit, whatever length it announced, or takes too long.
 *
 * @internal
 */
export const take = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number,
  within: Duration.Duration
): Effect.Effect<Excerpt> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Scope.make(), (scope) => {
      const discard = Scope.close(scope, Exit.void)
      const parts: Array<Uint8Array> = []
      let size = 0
      const excerpt = (rest: Excerpt["rest"], complete: boolean): Excerpt => ({
        bytes: concat(parts),
        rest,
        complete,
        discard
      })
      const ended = (end: Option.Option<HttpClientError.ResponseError>): Effect.Effect<Excerpt> =>
        Effect.map(discard, () =>
          Option.isNone(end) || end.value.reason === "EmptyBody"
            ? excerpt(Stream.empty, true)
            : excerpt(Stream.fail(end.value), false)
        )
      const read = (pull: Pull): Effect.Effect<Excerpt> =>
        Effect.matchEffect(pull, {
          onFailure: ended,
          onSuccess: (chunk) => {
            for (const part of chunk) {
              parts.push(part)
              size += part.length
            }
            return size > limit
              ? Effect.succeed(excerpt(Stream.ensuring(Stream.fromPull(Effect.succeed(pull)), discard), false))
              : read(pull)
          }
        })
      // Where the program's own client has read the body already, its stream is locked, but its text is kept.
      const readBefore = Effect.matchEffect(response.text, {
        onFailure: (error) => ended(Option.some(error)),
        onSuccess: (text) => {
          parts.push(new TextEncoder().encode(text))
          return ended(Option.none())
        }
      })
      const tooLate = new HttpClientError.ResponseError({
        request: response.request,
        response,
        reason: "Decode",
        description: `the body was not complete within ${Duration.format(within)}`
      })
      return Scope.extend(Stream.toPull(response.stream), scope).pipe(
        Effect.flatMap(read),
        Effect.catchAllDefect(() => readBefore),
        Effect.timeoutTo({
          duration: within,
          onSuccess: Effect.succeed,
          onTimeout: () => ended(Option.some(tooLate))
        }),
        Effect.flatten,
        restore,
        Effect.onError(() => discard)
      )
    })
  )
