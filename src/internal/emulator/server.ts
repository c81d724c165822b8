import * as Cookies from "@effect/platform/Cookies"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Bytes from "./bytes.js"
import * as Host from "./host.js"
import type { Service } from "./service.js"
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

const misdirected = (host: string): Wire.Answer =>
  Wire.text(
    421,
    "text/plain",
    `The emulator does not answer to ${JSON.stringify(host)}; the option "hosts" names others than loopback's.`
  )

/** What is left of the request's body is not read. */
const closing = HttpServerResponse.setHeader("connection", "close")

/** A body of a stated length is read in one piece, which costs a tenth of reading it as a stream. */
const read = (request: HttpServerRequest.HttpServerRequest, longest: number) => {
  const { "content-length": stated, "transfer-encoding": encoding } = request.headers
  if (encoding !== undefined || (stated === undefined && request.method !== "GET")) {
    return Bytes.read(request.stream, longest)
  }
  return Number(stated ?? 0) > longest
    ? Effect.succeed(undefined)
    : Effect.map(request.arrayBuffer, (buffer) => new Uint8Array(buffer))
}

/** Answers the server's current request. */
export const respond = ({
  receive,
  settings
}: Service): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const url = Option.getOrElse(HttpServerRequest.toURL(request), () => new URL("http://localhost/"))
    const { host = "" } = request.headers
    if (![host || url.host, url.host].every((name) => Host.isOwn(name, settings.hosts))) {
      return closing(whole(misdirected(host || url.host)))
    }
    const bytes = yield* read(request, settings.maxBodySize)
    if (bytes === undefined || bytes.length > settings.maxBodySize) {
      return closing(whole(Wire.tooLong))
    }
    const reply = yield* receive(Wire.request(request.method, url, request.headers, bytes))
    if (reply.answer === undefined || reply.arrives === "not at all") {
      return yield* hangUp(request)
    }
    return HttpServerResponse.mergeCookies(
      reply.arrives === "half" ? half(reply.answer, request) : whole(reply.answer),
      Cookies.fromSetCookie(reply.answer.cookies)
    )
  }).pipe(Effect.catchTag("RequestError", () => HttpServerResponse.empty({ status: 400 })))
