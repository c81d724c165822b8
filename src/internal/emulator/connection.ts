import type * as HttpServerError from "@effect/platform/HttpServerError"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Bytes from "./bytes.js"

/** The function that closes the connection of a request, if the server is Node's. */
const closer = ({ source }: HttpServerRequest.HttpServerRequest): (() => void) | undefined => {
  const socket = Predicate.hasProperty(source, "socket") ? source.socket : undefined
  if (!Predicate.hasProperty(socket, "destroySoon") || !Predicate.isFunction(socket.destroySoon)) {
    return undefined
  }
  const { destroySoon } = socket
  return () => destroySoon.call(socket)
}

/** Closes the connection once what was written has been sent; waits if the server shows no connection to close. */
export const hangUp = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<never> =>
  Effect.suspend(() => {
    closer(request)?.()
    return Effect.never
  })

/**
 * Reads a request's body, or none of it if it is longer than `longest`. A body of a stated length is read in one piece,
 * which costs a tenth of reading it as a stream.
 */
export const readBody = (
  request: HttpServerRequest.HttpServerRequest,
  longest: number
): Effect.Effect<Option.Option<Uint8Array>, HttpServerError.RequestError> => {
  const { "content-length": stated, "transfer-encoding": encoding } = request.headers
  if (encoding === undefined && (stated !== undefined || request.method === "GET")) {
    return Number(stated ?? 0) > longest
      ? Effect.succeedNone
      : Effect.map(request.arrayBuffer, (buffer) => Option.some(new Uint8Array(buffer)))
  }
  return Effect.flatMap(Bytes.read(request.stream, longest), (bytes) => {
    if (bytes.length <= longest) {
      return Effect.succeedSome(bytes)
    }
    // Node closes the connection of a request that is not read to its end, so there is nothing to answer on.
    return closer(request) === undefined ? Effect.succeedNone : hangUp(request)
  })
}
