/**
 * The first steps against the platform that the environment names.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import { Rejection, ThingSpaceConfig, ThingSpaceHttpClient } from "effect-thingspace-auth"
import { bold, dim } from "../../bin/terminal.js"
import * as requests from "./requests.js"
import { firstSteps } from "./steps.js"
import * as Timeline from "./timeline.js"

/** The client beneath the pipeline, which notes what passes. */
const noting = (seen: Ref.Ref<ReadonlyArray<requests.Request>>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.transform((answer, { method, url }) =>
        Effect.onExit(answer, (exit) => {
          const status = Exit.isSuccess(exit) ? exit.value.status : undefined
          return Ref.update(seen, (all) => [...all, { method, path: new URL(url).pathname, status }])
        })
      )
    )
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))

/** What the platform refuses is shown and not healed: this program logs in once at most. */
const once = Layer.succeed(Rejection.Classifier, () => "None")

export const platform = Effect.gen(function* () {
  const account = yield* Config.nonEmptyString("THINGSPACE_ACCOUNT")
  const seen = yield* Ref.make<ReadonlyArray<requests.Request>>([])
  const pipeline = ThingSpaceHttpClient.layerConfig({ relogin: Schedule.stop }).pipe(
    Layer.provide([noting(seen), once])
  )
  const { baseUrl } = yield* Effect.provide(ThingSpaceConfig.ThingSpaceConfig, ThingSpaceConfig.layerConfig)
  yield* Console.log(`${bold("ThingSpace authentication, first steps")}\n${dim(`The platform is ${baseUrl}.`)}\n`)
  yield* Effect.provide(firstSteps(account), Layer.provideMerge(pipeline, Timeline.layer(Ref.get(seen))))

  const all = yield* Ref.get(seen)
  const logins = all.filter((request) => requests.kind(request) === "login").length
  yield* Console.log(
    `Proven: these credentials open ${account}, with ${all.length} requests, ${logins} of them a login.`
  )
})
