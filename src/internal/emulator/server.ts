import * as Cookies from "@effect/platform/Cookies"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { hangUp, readBody } from "./connection.js"
import * as Host from "./host.js"
import type { Service } from "./service.js"
import * as Wire from "./wire.js"

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

/** Answers the server's current request. */
export const respond = ({
  receive,
  limits
}: Service): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const url = Option.getOrElse(HttpServerRequest.toURL(request), () => new URL("http://localhost/"))
    const { host = "" } = request.headers
    if (![host || url.host, url.host].every((name) => Host.isOwn(name, limits.hosts))) {
      return closing(whole(misdirected(host || url.host)))
    }
    const body = yield* readBody(request, limits.maxBodySize)
    if (Option.isNone(body)) {
      return closing(whole(Wire.tooLong))
    }
    const reply = yield* receive(Wire.request(request.method, url, request.headers, body.value))
    if (reply.answer === undefined || reply.arrives === "not at all") {
      return yield* hangUp(request)
    }
    return HttpServerResponse.mergeCookies(
      reply.arrives === "half" ? half(reply.answer, request) : whole(reply.answer),
      Cookies.fromSetCookie(reply.answer.cookies)
    )
  }).pipe(Effect.catchTag("RequestError", () => HttpServerResponse.empty({ status: 400 })))
