import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** A request as it would leave this machine, trace headers aside. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Answer = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<Response, HttpClientError.HttpClientError>

const bodyText = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body.body) : body._tag

/** A transport that notes every request and answers as it is told. */
export const make = (answer: Answer) => {
  const sent: Array<Sent> = []
  const client = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      sent.push({ method: request.method, url: url.href, headers: { ...request.headers }, body: bodyText(request) })
      return Effect.map(answer(request), (response) => HttpClientResponse.fromWeb(request, response))
    })
  ).pipe(HttpClient.withTracerPropagation(false))
  return { sent, client, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

/** Answers every request alike; the response is made anew each time, because a body can be read once only. */
export const answering =
  (status: number, body: BodyInit | null = null, headers: Readonly<Record<string, string>> = {}): Answer =>
  () =>
    Effect.sync(() => new Response(body, { status, headers }))

export const json = (status: number, body: unknown): Answer =>
  answering(status, JSON.stringify(body), { "content-type": "application/json" })

/** The connection fails as Node's `fetch` reports it: the system's error is the cause of a `TypeError`. */
export const failing =
  (code: string, extra: object = {}): Answer =>
  (request) => {
    const cause = new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code, ...extra }) })
    return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))
  }

/** A body of chunks of 1 KiB, and how many of them were asked for. */
export const chunked = (count: number) => {
  const state = { pulled: 0, cancelled: false }
  const chunk = new TextEncoder().encode("x".repeat(1024))
  const body = () =>
    new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (state.pulled === count) return controller.close()
          state.pulled += 1
          controller.enqueue(chunk)
        },
        cancel: () => {
          state.cancelled = true
        }
      },
      { highWaterMark: 0 }
    )
  return { state, body }
}
