import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Random from "effect/Random"
import type { AuthError } from "effect-thingspace-auth"
import { defaults } from "effect-thingspace-auth/ThingSpaceEmulator"

type Client = HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError.AuthError>
type Sent = ReturnType<Client["get"]>

class Unexpected extends Data.TaggedError("Unexpected")<{ readonly message: string }> {}

interface Api {
  readonly name: string
  readonly send: (client: Client, n: number) => Sent
  /** What the body of the answer must contain. */
  readonly brings: (n: number) => string
}

const name = defaults.account

const get = (path: string, brings: string): Api => ({
  name: `GET ${path}`,
  send: (client) => client.get(path),
  brings: () => brings
})

const post = (path: string, body: (n: number) => unknown, brings: (n: number) => string): Api => ({
  name: `POST ${path}`,
  send: (client, n) => client.post(path, { body: HttpBody.unsafeJson(body(n)) }),
  brings
})

const deviceList = [{ id: "980003420535573", kind: "imei", mdn: "7892345678" }]

const account = get(`/api/m2m/v1/accounts/${name}`, name)

/** One of each dialect in which the platform refuses a credential. */
const apis: ReadonlyArray<Api> = [
  account,
  get(`/api/m2m/v2/accounts/${name}`, name),
  get("/api/cc/v1/devices/configuration", "true"),
  get("/api/diagnostics/v1/devices", "true"),
  get("/api/fota/v1/firmware", "true"),
  post(
    "/api/subsc/v1/devices",
    () => ({}),
    () => "true"
  ),
  post(
    "/api/loc/v1/locations",
    () => ({ accountName: name, deviceList }),
    () => "7892345678"
  ),
  post(
    "/api/m2m/v1/echo",
    (n) => ({ call: n, filler: "x".repeat(n % 4096) }),
    (n) => `\\"call\\":${n},`
  )
]

/** A call that did not bring what it should have. */
export interface Failure {
  readonly call: string
  readonly startedAt: number
  readonly endedAt: number
  readonly reason: string
}

/** What became of the calls, and which of them are under way. */
export const makeTally = () => {
  const underWay = new Set<number>()
  const tally = { calls: 0, succeeded: 0, interrupted: 0, failed: 0, failures: Array.of<Failure>() }
  return {
    tally,
    next: () => tally.calls,
    underWay: () => underWay.size,
    /** Whether all calls before this one have ended. */
    haveEndedBefore: (call: number) => {
      for (const oldest of underWay) return oldest >= call
      return true
    },
    begin: () => {
      const n = tally.calls++
      underWay.add(n)
      return n
    },
    end: (n: number) => void underWay.delete(n)
  }
}

export type Tally = ReturnType<typeof makeTally>

const check = (api: Api, n: number, response: HttpClientResponse.HttpClientResponse) =>
  Effect.flatMap(response.text, (text) =>
    response.status === 200 && text.includes(api.brings(n))
      ? Effect.void
      : Effect.fail(new Unexpected({ message: `status ${response.status}: ${text.slice(0, 200)}` }))
  )

const kept = 100

/** One call, in one of sixty cases given up by its caller after a moment; says how many milliseconds it took. */
export const call = (client: Client, { begin, end, tally }: Tally, random: Random.Random): Effect.Effect<number> =>
  Effect.gen(function* () {
    const api = apis[yield* random.nextIntBetween(0, apis.length)] ?? account
    const patience = (yield* random.nextIntBetween(0, 60)) === 0 ? yield* random.nextIntBetween(0, 200) : undefined
    const startedAt = Date.now()
    const n = begin()
    const answer = Effect.flatMap(api.send(client, n), (response) => check(api, n, response))
    const exit = yield* (patience === undefined ? Effect.asSome(answer) : Effect.timeoutOption(answer, patience)).pipe(
      Effect.exit,
      Effect.ensuring(Effect.sync(() => end(n)))
    )
    if (Exit.isFailure(exit)) {
      tally.failed += 1
      if (tally.failures.length < kept) {
        const reason = Cause.pretty(exit.cause).split("\n")[0] ?? ""
        tally.failures.push({ call: `${n} ${api.name}`, startedAt, endedAt: Date.now(), reason })
      }
    } else if (Option.isNone(exit.value)) {
      tally.interrupted += 1
    } else {
      tally.succeeded += 1
    }
    return Date.now() - startedAt
  })
