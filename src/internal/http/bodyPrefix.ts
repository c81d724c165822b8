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
  /**
   * What follows: nothing where the body ended, its failure where it broke off, otherwise the part not read yet, which
   * can be read once.
   */
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

/** Lets go of what nobody reads to its end: the transport has given its own watch up once a body has been begun. */
const forgotten =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<Effect.Effect<void>>((discard) => void Effect.runFork(discard))

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
      const parts: Array<Uint8Array> = []
      let size = 0
      let gone = false
      const discard = Effect.suspend(() => {
        gone = true
        return Scope.close(scope, Exit.void)
      })
      const failure = (description: string) =>
        new HttpClientError.ResponseError({ request: response.request, response, reason: "Decode", description })
      const following = (pull: Pull): Excerpt["rest"] => {
        const watched = {}
        const rest = Stream.suspend(() => {
          forgotten?.unregister(watched)
          if (gone) return Stream.fail(failure("the body has been read before, or let go of"))
          gone = true
          return Stream.ensuring(Stream.fromPull(Effect.succeed(pull)), discard)
        })
        forgotten?.register(rest, discard, watched)
        return rest
      }
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
            return size > limit ? Effect.succeed(excerpt(following(pull), false)) : read(pull)
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
      return Scope.extend(Stream.toPull(response.stream), scope).pipe(
        Effect.flatMap(read),
        Effect.catchAllDefect(() => readBefore),
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
 * Lets go of a response of which nothing has been read: begins to read, and leaves it at that. Nobody waits for it.
 *
 * @internal
 */
export const discard = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  take(response, 0, Duration.zero).pipe(
    Effect.flatMap((beginning) => beginning.discard),
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.asVoid
  )
