import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { readBody } from "./connection.js"
import * as bodies from "./controlBodies.js"
import { endpoints } from "./endpoints.js"
import { masked } from "./exchange.js"
import * as Host from "./host.js"
import type { Service } from "./service.js"

/** Refusals of the control, in a sentence. */
class Refusal extends Data.TaggedError("Refusal")<{ readonly status: number; readonly message: string }> {}

interface Command {
  readonly summary: string
  readonly run: (service: Service, body: string) => Effect.Effect<unknown, Refusal>
}

const shows = (summary: string, f: (service: Service) => Effect.Effect<unknown>): Command => ({ summary, run: f })

const takes = <A, I>(
  summary: string,
  schema: Schema.Schema<A, I>,
  f: (service: Service, body: A) => Effect.Effect<unknown>
): Command => ({
  summary,
  run: (service, text) =>
    Schema.decodeUnknown(Schema.parseJson(schema))(text, { onExcessProperty: "error" }).pipe(
      Effect.mapError(
        (error) => new Refusal({ status: 400, message: ParseResult.TreeFormatter.formatErrorSync(error) })
      ),
      Effect.flatMap((body) => f(service, body)),
      // The emulator dies of what contradicts its data: a mistake of the test, which is to read of it.
      Effect.catchAllDefect(
        (defect) => new Refusal({ status: 409, message: Cause.prettyErrors(Cause.die(defect))[0]?.message ?? "" })
      )
    )
})

/** What the control does, by method and path below `/emulator`. */
export const commands: Readonly<Record<string, Command>> = {
  "GET /endpoints": shows("the table of what the emulator serves", () => Effect.succeed(endpoints)),
  "GET /exchanges": shows("the requests so far, with credentials masked", ({ exchanges }) =>
    Effect.map(exchanges, (all) => all.map((one) => masked(one)))
  ),
  "DELETE /exchanges": shows("forgets them", ({ clearExchanges }) => clearExchanges),
  "GET /pending": shows("the requests that are not answered yet, with credentials masked", ({ pending }) =>
    Effect.map(pending, (all) => all.map((one) => masked(one)))
  ),
  "POST /faults": takes("puts a fault in the way", bodies.FaultBody, ({ failNext }, { fault, ...options }) =>
    failNext(bodies.fault(fault), options)
  ),
  "DELETE /faults": shows("removes the faults", ({ clearFaults }) => clearFaults),
  "GET /devices": shows("the devices", ({ devices }) => devices),
  "PUT /devices": takes("replaces the devices", bodies.DevicesBody, ({ setDevices }, devices) => setDevices(devices)),
  "POST /token/revoke": shows("revokes the access token", ({ revokeAll }) => revokeAll),
  "POST /sessions/end": shows("lets every session expire", ({ endSessions }) => endSessions),
  "GET /users/locked": shows("the locked users", ({ lockedUsers }) => lockedUsers),
  "PUT /users/password": takes(
    "changes a user's password and unlocks the user",
    bodies.PasswordBody,
    ({ changePassword }, { password, username }) => changePassword(username, password)
  )
}

/** Only a program of this machine may control the emulator, and no page in a browser. */
const admitted = ({ headers, remoteAddress }: HttpServerRequest.HttpServerRequest) =>
  Option.exists(remoteAddress, Host.isLoopbackAddress) &&
  Host.isOwn(headers.host ?? "", []) &&
  headers.origin === undefined

/** Whether a path is the control's. */
export const isControl = (path: string): boolean => path.startsWith("/emulator/")

/** Answers the server's current request, if its path is the control's. */
export const respond = (
  service: Service
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (!admitted(request)) {
      return yield* new Refusal({ status: 403, message: "The control is for programs of this machine." })
    }
    const [path = ""] = request.url.slice("/emulator".length).split("?")
    const command = commands[`${request.method} ${path}`]
    if (command === undefined) {
      return yield* new Refusal({ status: 404, message: `There is no ${request.method} ${path}.` })
    }
    const body = yield* readBody(request, service.limits.maxBodySize)
    if (Option.isNone(body)) {
      return yield* new Refusal({ status: 413, message: "The request's body is too long." })
    }
    const result = yield* command.run(service, new TextDecoder().decode(body.value))
    return result === undefined ? HttpServerResponse.empty({ status: 204 }) : HttpServerResponse.unsafeJson(result)
  }).pipe(
    Effect.catchTags({
      Refusal: ({ message, status }) => Effect.succeed(HttpServerResponse.unsafeJson({ message }, { status })),
      RequestError: () => HttpServerResponse.empty({ status: 400 })
    })
  )
