import * as Cookies from "@effect/platform/Cookies"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Wire from "./wire.js"

/** Closes the connection once what was written has been sent; waits where the server shows no connection to close. */
const hangUp = ({ source }: HttpServerRequest.HttpServerRequest): Effect.Effect<never> =>
  Effect.suspend(() => {
    const socket = Predicate.hasProperty(source, "socket") ? source.socket : undefined
    if (Predicate.hasProperty(socket, "destroySoon") && Predicate.isFunction(socket.destroySoon)) {
      socket.destroySoon()
    }
    return Effect.never
  })

const whole = ({ body, headers, status }: Wire.Answer) =>
  body === ""
    ? HttpServerResponse.empty({ status, headers })
    : HttpServerResponse.text(body, { status, headers, contentType: headers["content-type"] })

const half = ({ body, headers, status }: Wire.Answer, request: HttpServerRequest.HttpServerRequest) => {
  const bytes = new TextEncoder().encode(body)
  return HttpServerResponse.stream(
    Stream.concat(Stream.make(bytes.slice(0, bytes.length / 2)), Stream.fromEffect(hangUp(request))),
    { status, headers, contentType: headers["content-type"], contentLength: bytes.length }
  )
}

/** Answers the server's current request. */
export const respond = (
  receive: Wire.Receive
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const body = yield* request.arrayBuffer
    const url = Option.getOrElse(HttpServerRequest.toURL(request), () => new URL("http://localhost/"))
    const { answer, arrives } = yield* receive(Wire.request(request.method, url, request.headers, new Uint8Array(body)))
    if (answer === undefined || arrives === "not at all") {
      return yield* hangUp(request)
    }
    return HttpServerResponse.mergeCookies(
      arrives === "half" ? half(answer, request) : whole(answer),
      Cookies.fromSetCookie(answer.cookies)
    )
  }).pipe(Effect.catchTag("RequestError", () => HttpServerResponse.empty({ status: 400 })))
