import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { uws } from "./dialects.js"
import type { Answer } from "./wire.js"

const decodeJson = Schema.decodeUnknownEither(Schema.parseJson())

/** A request's body, or Connectivity Management's refusal of it. */
export const parse = <A, I>(schema: Schema.Schema<A, I>, text: string): Either.Either<A, Answer> =>
  text.trim() === ""
    ? Either.left(uws("INPUT_INVALID.RequestUndefined", "The request is undefined."))
    : decodeJson(text).pipe(
        Either.mapLeft(() => uws("DeserializationFailed", "The request could not be read as JSON.")),
        Either.flatMap((value) =>
          Either.mapLeft(Schema.decodeUnknownEither(schema)(value), () =>
            uws("REQUEST_FAILED.UnexpectedError", "An unexpected error occurred.")
          )
        )
      )
