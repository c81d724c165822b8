/**
 * A program that fails, in a process of its own: what its terminal shows is searched for the secrets that it writes to
 * its fourth file descriptor. Its argument says how it fails.
 */
import { writeSync } from "node:fs"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account, paths } from "../utils/pipeline.js"
import * as indiscreet from "./indiscreet.js"
import * as platform from "./platform.js"
import { Watch } from "./watch.js"

const watch = Layer.succeed(Watch, {
  mark: (marks) => void writeSync(3, `${JSON.stringify(marks)}\n`),
  note: () => {}
})

const get = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))

const lost = (path: string) =>
  Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, ({ failNext }) =>
    failNext(ThingSpaceEmulator.lostResponse, { path })
  )

const programs: ReadonlyArray<readonly [Effect.Effect<unknown, unknown, platform.Services>, platform.Setting?]> = [
  [get, { through: indiscreet.repeating(paths.token, indiscreet.dialects["OAuth's description"]) }],
  [get, { through: indiscreet.repeating(paths.token, indiscreet.dialects["a token of another type"]) }],
  [get, { through: indiscreet.repeating(paths.login, indiscreet.dialects["a UWS message"]) }],
  [get, { through: indiscreet.repeating(paths.login, indiscreet.dialects["a gateway fault's description"]) }],
  [get, { through: indiscreet.repeating(paths.login, indiscreet.dialects["a page"]) }],
  [get, { options: { password: Redacted.make("") } }],
  [Effect.zipRight(Effect.ignore(get), get), { options: { password: Redacted.make("Wr0ng-Kf4Nb7Qs2Gz9Tj3") } }],
  [Effect.zipRight(lost(paths.login), get)],
  [Effect.zipRight(lost(account), get)],
  [Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get("https://elsewhere.test/"))],
  [
    Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
      Effect.flatMap(client.get("/api/m2m/v1/accounts/nope"), HttpClientResponse.filterStatusOk)
    )
  ],
  [
    Effect.flatMap(HttpClient.HttpClient, (client) => client.get(account)).pipe(
      Effect.provide(ThingSpaceHttpClient.layerHttpClient)
    ),
    { options: { secret: Redacted.make("Wr0ng-Xp8Ym5Hd1Jc6Gv2") } }
  ],
  [Effect.flatMap(get, (response) => Effect.die(response))]
]

const failing = programs.map(([program, setting]) =>
  program.pipe(
    Effect.withSpan("program"),
    Effect.provide(
      platform.pipeline(setting).pipe(Layer.provideMerge(Logger.minimumLogLevel(LogLevel.All)), Layer.provide(watch))
    )
  )
)

/** How each of them ends; one that does not fail is a mistake here, and shows. */
const causes = Effect.forEach(failing, (program) => Effect.flip(Effect.sandbox(program)))

/** All failures as one. */
const all = Effect.flatMap(causes, (causes) =>
  Effect.failCause(causes.reduce((one, other) => Cause.sequential(one, other), Cause.empty))
)

const errors = Effect.map(causes, (causes) => causes.map((cause) => Cause.squash(cause)))

const shown: Readonly<Record<string, (error: unknown) => void>> = {
  log: (error) => console.log(error),
  error: (error) => console.error("failed: %s %o %O %j", error, error, error, String(error)),
  dir: (error) => console.dir(error, { depth: 12, showHidden: true }),
  table: (error) => console.table([error]),
  trace: (error) => console.trace(error),
  warning: (error) => process.emitWarning(error instanceof Error ? error : String(error))
}

const ways: Readonly<Record<string, () => void>> = {
  rejections: () => {
    for (const program of failing) void Effect.runPromise(program)
  },
  "a rejection": () => void Effect.runPromise(failing[2] ?? Effect.void),
  "a rejected response": () => void Effect.runPromise(failing[10] ?? Effect.void),
  "the main program": () => NodeRuntime.runMain(all),
  "the main program, logging as usual": () => NodeRuntime.runMain(all, { disablePrettyLogger: true }),
  fibers: () => {
    for (const program of failing) Effect.runFork(program)
  },
  "a program that cannot be run at once": () => void Effect.runSync(failing[8] ?? Effect.void),
  "a callback": () => {
    for (const program of failing) Effect.runCallback(program, { onExit: (exit) => console.log(exit) })
  },
  "an exception": () =>
    void Effect.runPromise(errors).then(([first]) =>
      setTimeout(() => {
        throw first
      })
    ),
  "what it must not show": () =>
    void Effect.runPromise(errors).then(() => console.log("the password is %o", [platform.secrets.password])),
  printing: () =>
    void Effect.runPromise(errors).then((errors) => {
      for (const show of Object.values(shown)) for (const error of errors) show(error)
    })
}

ways[process.argv[2] ?? ""]?.()
