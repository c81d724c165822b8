import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { access, app, leaks, Static, session, type Transport, transports, user } from "./clients.js"

export interface Patience {
  /** The deadline of the authentication calls. */
  readonly library: Duration.DurationInput
  /** The deadline that the program puts on its own calls, which have none of the library's. */
  readonly program: Duration.DurationInput
}

/** A call that says in a few words how it ended. */
export type Call = (patience: Patience) => Effect.Effect<string, unknown, HttpClient.HttpClient>

const auth =
  <S, R>(make: Effect.Effect<S, never, R>) =>
  (use: (client: S) => Effect.Effect<unknown, unknown>) =>
  () =>
    Effect.as(Effect.flatMap(make, use), "success")

const oauth = auth(OAuthClient.make)
const sessions = auth(SessionClient.make)

type Client = Effect.Effect.Success<typeof ThingSpaceHttpClient.ThingSpaceHttpClient>
type Answer = Effect.Effect.Success<ReturnType<Client["get"]>>

const suspect = (error: unknown): string => (leaks(error) ? "leaked: " : "")

/** Reads the text of an answer of whichever status. */
const reading = (response: Answer): Effect.Effect<string> =>
  Effect.match(response.text, {
    onSuccess: () => `${response.status} whole`,
    onFailure: (error) => `${suspect(error)}${response.status} broken`
  })

/** An API call of a program that reads what it is answered, or the beginning of it. */
export const api =
  (
    use: (client: Client) => Effect.Effect<Answer, unknown>,
    read: (response: Answer) => Effect.Effect<string> = reading
  ): Call =>
  ({ program }) =>
    Effect.flatMap(Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, use), read).pipe(
      Effect.timeoutFail({ duration: program, onTimeout: () => ({ _tag: "ProgramTimeout" }) }),
      Effect.provide(Layer.fresh(Static))
    )

const account = "/api/m2m/v1/accounts/0000123456-00001"

/** After a refused key, or a lost login, the next call waits; the latter on a machine so busy that one is lost by itself. */
const patiently = Schedule.intersect(Schedule.spaced("300 millis"), Schedule.recurs(20))

/** An API call through the whole pipeline, made again where it fails. */
const pipeline = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const get = Effect.flatMap(client.get(account), reading)
  const first = yield* Effect.exit(get)
  if (Exit.isSuccess(first)) return first.value
  const next = yield* Effect.retry(get, patiently)
  return `${ended(first)}, then ${next}`
})

export type CallName = "requestToken" | "login" | "revokeToken" | "logout" | "get" | "post" | "pipeline"

/** Everything that sends a request. */
export const calls: Readonly<Record<CallName, Call>> = {
  requestToken: oauth((client) => client.requestToken(app)),
  login: sessions((client) => client.login(access, user)),
  revokeToken: oauth((client) => client.revokeToken(app, access)),
  logout: sessions((client) => client.logout(access, session)),
  get: api((client) => client.get(account)),
  post: api((client) => client.post("/api/m2m/v1/devices/actions/list")),
  pipeline: () =>
    Effect.provide(
      pipeline,
      Layer.suspend(() => ThingSpaceHttpClient.layer({ ...app, ...user }))
    )
}

const described = (error: unknown): string => {
  if (HttpClientError.isHttpClientError(error)) return `${error._tag} ${error.reason}`
  if (typeof error !== "object" || error === null || !("_tag" in error)) return `untyped: ${String(error)}`
  const details = ["reason", "status", "error", "errorCode"].map((field): unknown => Reflect.get(error, field))
  return [error._tag, ...details.filter((detail) => detail !== undefined)].join(" ")
}

/** How a call ended, in a few words. "died", "untyped", "leaked" and "hung" are never right. */
export const ended = (exit: Exit.Exit<string, unknown>): string =>
  Exit.match(exit, {
    onSuccess: (text) => text,
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => `died: ${Cause.pretty(cause)}`,
        onSome: (error) => `${suspect(error)}${described(error)}`
      })
  })

/** What a busy machine may take beyond a deadline. */
const grace = Duration.seconds(12)

/** Makes a call, and says how it ended. */
export const made = (
  call: Call,
  baseUrl: string,
  patience: Patience
): Effect.Effect<string, never, HttpClient.HttpClient> =>
  call(patience).pipe(
    Effect.provide(ThingSpaceConfig.layer({ baseUrl, requestTimeout: patience.library })),
    Effect.exit,
    Effect.map(ended),
    Effect.disconnect,
    Effect.timeoutTo({
      duration: Duration.sum(Duration.max(patience.library, patience.program), grace),
      onSuccess: (text) => text,
      onTimeout: () => "hung"
    })
  )

/** Makes a call over a transport of its own, lets go of that, and says how the call ended. */
export const outcome = (transport: Transport, call: Call, baseUrl: string, patience: Patience): Effect.Effect<string> =>
  Effect.provide(made(call, baseUrl, patience), transports[transport])
