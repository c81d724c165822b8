/**
 * Shows all that the library does, as a timeline of some seconds: what happened, what it means, which requests it took.
 *
 *     npm start
 *
 * The platform is emulated on a free port, and the pipeline talks to it over real HTTP. Every number printed was counted
 * there or returned by the pipeline; where one is not as announced, the program says so and exits with 1.
 *
 * With these variables set, it runs the first steps against the real platform instead, or that of THINGSPACE_BASE_URL:
 * THINGSPACE_APP_KEY, THINGSPACE_APP_SECRET, THINGSPACE_UWS_USERNAME, THINGSPACE_UWS_PASSWORD, THINGSPACE_ACCOUNT.
 * It attempts one login and no more.
 */
import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { ThingSpaceConfig, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
import { bold, dim } from "../bin/terminal.js"
import * as chapters from "./internal/chapters.js"
import { platform } from "./internal/platform.js"
import { firstSteps } from "./internal/steps.js"
import * as Timeline from "./internal/timeline.js"

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

/** The library as a program uses it: in production without `idleTimeout`. */
const pipeline = (baseUrl: string, password: string) =>
  ThingSpaceHttpClient.layer({
    key: Redacted.make(appKey),
    secret: Redacted.make(appSecret),
    username,
    password: Redacted.make(password),
    idleTimeout: chapters.idleTimeout,
    logoutOnClose: true
  }).pipe(Layer.provide([NodeHttpClient.layerUndici, ThingSpaceConfig.layer({ baseUrl })]))

const introduction = (baseUrl: string) => `${bold("ThingSpace authentication, end to end")}

The platform is emulated on ${baseUrl}; its sessions die after ${chapters.idleTimeout} without a call.
${dim("With THINGSPACE_APP_KEY and the other variables set, the first steps run on the real platform.")}
`

const story = HttpServer.addressFormattedWith((baseUrl) =>
  Effect.gen(function* () {
    yield* Console.log(introduction(baseUrl))
    const program = Effect.all([firstSteps(account), chapters.manyCalls, chapters.silence, chapters.healing])
    yield* Effect.provide(program, pipeline(baseUrl, password))
    yield* chapters.ended
    yield* Effect.provide(chapters.wrongPassword, pipeline(baseUrl, "last-quarters-one"))
    yield* chapters.conclusion
  })
)

const stage = Layer.unwrapEffect(
  Effect.map(ThingSpaceEmulator.ThingSpaceEmulator, ({ exchanges }) => Timeline.layer(exchanges))
).pipe(
  Layer.provideMerge(ThingSpaceEmulator.serve({ sessionIdle: chapters.idleTimeout })),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
)

const tour = story.pipe(Effect.scoped, Effect.provide(stage))

const variables = ["APP_KEY", "APP_SECRET", "UWS_USERNAME", "UWS_PASSWORD", "ACCOUNT"].map(
  (name) => `THINGSPACE_${name}`
)

const isSet = (name: string) => Effect.map(Config.option(Config.nonEmptyString(name)), Option.isSome)

const main = Effect.gen(function* () {
  const missing = yield* Effect.filter(variables, isSet, { negate: true })
  if (missing.length === 0) return yield* platform
  if (missing.length === variables.length && !(yield* isSet("THINGSPACE_BASE_URL"))) return yield* tour
  return yield* new Timeline.Unexpected({
    message: `To run against a platform, set ${missing.join(", ")} too; for the emulated one, set none of them.`
  })
})

main.pipe(
  Effect.tapErrorCause((cause) =>
    Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(`✗ ${Timeline.describe(Cause.squash(cause))}`)
  ),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
