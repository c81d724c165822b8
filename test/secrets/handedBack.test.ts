/** No response and no error that a call through the client hands back shows a secret. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account } from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"
import * as calls from "./calls.js"
import * as harness from "./harness.js"
import { label } from "./label.js"
import * as platform from "./platform.js"

const { answer, lostResponse, truncated } = ThingSpaceEmulator

type Response = HttpClientResponse.HttpClientResponse

interface Case extends Pick<platform.Setting, "through"> {
  readonly fault?: ThingSpaceEmulator.Fault
  readonly url?: string
  readonly request?: HttpClientRequest.HttpClientRequest
  readonly read?: (response: Response) => Effect.Effect<unknown, unknown>
  /** The error's kind, none where the call succeeds. */
  readonly ends?: string
}

const page = answer(200, { body: "<html>", headers: { "content-type": "text/html", location: "/elsewhere" } })

/** What a client beneath does with the answers to requests for the account, those of the authentication calls aside. */
const beneath =
  (
    change: (
      sent: Effect.Effect<Response, HttpClientError.HttpClientError>
    ) => Effect.Effect<Response, HttpClientError.HttpClientError>
  ) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.transform(client, (sent, request) => (request.url.endsWith(account) ? change(sent) : sent))

const failing = (reason: HttpClientError.ResponseError["reason"]) =>
  beneath(
    Effect.flatMap((response) =>
      Effect.fail(new HttpClientError.ResponseError({ ...response, request: response.request, response, reason }))
    )
  )

const wrapping = beneath(
  Effect.flatMap((response) => {
    const { request } = response
    const cause = new HttpClientError.ResponseError({ request, response, reason: "StatusCode" })
    return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))
  })
)

const cases: Readonly<Record<string, Case>> = {
  "a response": {},
  "a response that has been read": { read: (response) => Effect.zipRight(response.text, response.json) },
  "a response that was refused": { url: "/api/emulator/v1/unauthorized" },
  "a response that forbids": { url: "/api/subsc/v1/forbidden" },
  "a response that redirects": { fault: answer(302, { headers: { location: "https://elsewhere.test/" } }) },
  "a response to a form": {
    request: HttpClientRequest.post("/api/m2m/v1/echo").pipe(HttpClientRequest.bodyUrlParams({ a: "1" }))
  },
  "a response to JSON": {
    request: HttpClientRequest.post("/api/m2m/v1/echo").pipe(HttpClientRequest.bodyUnsafeJson({ a: 1 }))
  },
  "a response of the vehicle messaging service": { url: "https://imp.thingspace.verizon.com/api/v1/devices" },
  "a lost connection": { fault: lostResponse, ends: "RequestError Transport" },
  "another origin": { url: "https://elsewhere.test/", ends: "RequestError InvalidUrl" },
  "an unprotected origin": { url: "http://thingspace.verizon.com/", ends: "RequestError InvalidUrl" },
  "a status, for a client that fails on it": {
    url: "/api/m2m/v1/accounts/nope",
    read: HttpClientResponse.filterStatusOk,
    ends: "ResponseError StatusCode"
  },
  "a status, from a client beneath that fails on it": {
    fault: answer(404, { body: "{}" }),
    through: beneath(Effect.flatMap(HttpClientResponse.filterStatusOk)),
    ends: "ResponseError StatusCode"
  },
  "a refusal, from a client beneath that fails on it": {
    fault: answer(401, { body: "{}" }),
    through: beneath(Effect.flatMap(HttpClientResponse.filterStatusOk)),
    ends: "ResponseError StatusCode"
  },
  "an error of decoding, from a client beneath": { through: failing("Decode"), ends: "ResponseError Decode" },
  "an empty body, from a client beneath": { through: failing("EmptyBody"), ends: "ResponseError EmptyBody" },
  "an error of encoding, from a client beneath": {
    through: beneath(
      Effect.flatMap(({ request }) => Effect.fail(new HttpClientError.RequestError({ request, reason: "Encode" })))
    ),
    ends: "RequestError Encode"
  },
  "an error around an error, from a client beneath": { through: wrapping, ends: "RequestError Transport" },
  "a connection that fails": {
    through: (client) =>
      HttpClient.make((request, url) =>
        url.pathname === account
          ? Effect.flatMap(recorder.failing("ECONNRESET")(request), (web) =>
              Effect.succeed(HttpClientResponse.fromWeb(request, web))
            )
          : client.execute(request)
      ),
    ends: "RequestError Transport"
  },
  "a body that is no JSON": { fault: page, read: (response) => response.json, ends: "ResponseError Decode" },
  "a body that is no form": { fault: page, read: (response) => response.formData, ends: "ResponseError Decode" },
  "a body that does not fit": {
    read: HttpClientResponse.schemaBodyJson(Schema.Struct({ accountName: Schema.Number })),
    ends: "ParseError"
  },
  "a body that breaks off, read as text": {
    fault: truncated,
    read: (response) => response.text,
    ends: "ResponseError Decode"
  },
  "a body that breaks off, read as bytes": {
    fault: truncated,
    read: (response) => response.arrayBuffer,
    ends: "ResponseError Decode"
  },
  "a body that breaks off, read as a stream": {
    fault: truncated,
    read: (response) => Stream.runDrain(response.stream),
    ends: "ResponseError Decode"
  },
  "a body that has been read": {
    read: (response) => Effect.zipRight(Stream.runDrain(response.stream), response.arrayBuffer),
    ends: "ResponseError Decode"
  }
}

describe("nothing shows a secret in what a call hands back:", () => {
  it.effect.each(Object.entries(cases))(
    "%s",
    ([, { ends, fault, read = Effect.succeed, request, through, url = account }]) =>
      harness.showsNothing(
        Effect.gen(function* () {
          const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
          const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
          if (fault !== undefined) yield* emulator.failNext(fault, { path: account, times: Number.POSITIVE_INFINITY })
          const call = Effect.flatMap(client.execute(request ?? HttpClientRequest.get(url)), (response) =>
            // Printing a response reads it, so it comes last.
            Effect.zipRight(read(response), harness.gets("response", Effect.succeed(response)))
          )
          if (ends === undefined) return yield* harness.gets("read", calls.inTime(call))
          assert.strictEqual(label(yield* harness.fails("call", calls.inTime(call))), ends)
        }).pipe(Effect.provide(platform.pipeline({ through })))
      )
  )
})
