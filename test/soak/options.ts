import { parseArgs } from "node:util"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

const Options = Schema.Struct({
  /** How long the callers are at work. */
  seconds: Schema.NumberFromString.pipe(Schema.between(1, 86_400)),
  /** How many callers there are at once. */
  fibers: Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 10_000)),
  /** What the gaps, the latencies and the interruptions are drawn from. */
  seed: Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative())
})

export type Options = typeof Options.Type

export const usage = "npm run soak -- [--seconds 60] [--fibers 300] [--seed N]"

/** Reads the command line, or says what is wrong with it. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Options, string> =>
  Either.try({
    try: () =>
      parseArgs({
        args: [...args],
        options: {
          seconds: { type: "string", default: "60" },
          fibers: { type: "string", default: "300" },
          seed: { type: "string", default: String(Date.now() % 1_000_000) }
        }
      }).values,
    catch: String
  }).pipe(Either.flatMap((values) => Either.mapLeft(Schema.decodeUnknownEither(Options)(values), explain)))

const explain = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)
    .map(({ message, path }) => `--${path.join(".")}: ${message}`)
    .join("\n")
