import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

interface Read {
  readonly length: number
  readonly parts: Chunk.Chunk<Uint8Array>
}

const concat = ({ length, parts }: Read) => {
  const bytes = new Uint8Array(length)
  Chunk.reduce(parts, 0, (offset, part) => {
    bytes.set(part, offset)
    return offset + part.length
  })
  return bytes
}

const nothing: Read = { length: 0, parts: Chunk.empty() }

/** The bytes of a stream, which is read no further once they are more than `longest`. */
export const read = <E>(stream: Stream.Stream<Uint8Array, E>, longest: number): Effect.Effect<Uint8Array, E> =>
  Stream.runFoldWhile(
    stream,
    nothing,
    ({ length }) => length <= longest,
    ({ length, parts }, part): Read => ({ length: length + part.length, parts: Chunk.append(parts, part) })
  ).pipe(Effect.map(concat))
