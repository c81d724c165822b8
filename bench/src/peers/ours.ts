import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import { CredentialStore, Credentials, OAuthClient, ThingSpaceHttpClient, TokenSource } from "../shared/library.js"
import type { Platform } from "../shared/platform.js"
import { accept, type Connected, type Peer, url } from "./peer.js"

export const credentials: ThingSpaceHttpClient.Options = {
  key: Redacted.make("key"),
  secret: Redacted.make("secret"),
  username: "user",
  password: Redacted.make("password")
}

const json = (request: HttpClientRequest.HttpClientRequest, status: number, body: unknown) =>
  HttpClientResponse.fromWeb(request, new Response(JSON.stringify(body), { status }))

/** An answer of an API as far as a call looks at it; a real one would cost more than what is measured. */
class Answer {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly headers = {}
  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    readonly status: number
  ) {}
}

const answer = (request: HttpClientRequest.HttpClientRequest, status: number): HttpClientResponse.HttpClientResponse =>
  status < 400
    ? (new Answer(request, status) as unknown as HttpClientResponse.HttpClientResponse)
    : json(request, status, status === 401 ? invalidToken : invalidSession)

const invalidToken = { fault: { code: "900901", message: "Invalid Credentials" } }
const invalidSession = { errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired", errorMessage: "" }

/** The platform as an `HttpClient` that does nothing else. */
export const transport = (platform: Platform): HttpClient.HttpClient =>
  HttpClient.makeWith<never, never, never, never>(
    Effect.flatMap((request) => {
      if (request.url.endsWith("/oauth2/token")) {
        return Effect.matchEffect(
          Effect.tryPromise(() => platform.token()),
          {
            onFailure: () => Effect.succeed(json(request, 503, {})),
            onSuccess: (issued) => Effect.succeed(json(request, 200, issued))
          }
        )
      }
      if (request.url.endsWith("/session/login")) {
        return Effect.map(
          Effect.promise(() => platform.login()),
          ({ body, status }) => json(request, status, body)
        )
      }
      const status = platform.api(request.headers.authorization, request.headers["vz-m2m-token"])
      return typeof status === "number"
        ? Effect.succeed(answer(request, status))
        : Effect.map(
            Effect.promise(() => status),
            (later) => answer(request, later)
          )
    }),
    Effect.succeed
  )

type Client = HttpClient.HttpClient.With<unknown>

const request = HttpClientRequest.get(url, { headers: { accept } })

const repeated = (client: Client, calls: number) =>
  Effect.gen(function* () {
    for (let index = 0; index < calls; index++) yield* client.execute(request)
  })

/** Builds a layer for as long as the process runs, and brings what its programs run in. */
export const built = async <A>(layer: Layer.Layer<A>): Promise<Runtime.Runtime<A>> =>
  new Promise((resume) => {
    const program = Effect.flatMap(Effect.runtime<A>(), (runtime) =>
      Effect.zipRight(
        Effect.sync(() => resume(runtime)),
        Effect.never
      )
    )
    Effect.runFork(Effect.provide(program, layer))
  })

export const bothCredentials = (platform: Platform) =>
  Layer.provide(
    Layer.orDie(ThingSpaceHttpClient.layer(credentials)),
    Layer.succeed(HttpClient.HttpClient, transport(platform))
  )

/** Beside a store, to which nothing goes while both credentials are good. */
const shared = (platform: Platform) =>
  Layer.provide(bothCredentials(platform), Layer.provide(CredentialStore.layerKeyValueStore, KeyValueStore.layerMemory))

const oneCredential = (platform: Platform) => {
  const client = transport(platform)
  return Layer.effect(
    ThingSpaceHttpClient.ThingSpaceHttpClient,
    Effect.map(TokenSource.TokenSource, (tokens) => ThingSpaceHttpClient.withAccessToken(client, { tokens }))
  ).pipe(
    Layer.provide(TokenSource.layer()),
    Layer.provide(Layer.merge(OAuthClient.layer, Credentials.layerApp(credentials))),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
  )
}

/** In a program whose fetch follows no redirect anyway, so that no call need see to that: see the README. */
const withoutRedirects = Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" })

interface Way {
  readonly layer: (platform: Platform) => Layer.Layer<ThingSpaceHttpClient.ThingSpaceHttpClient>
  readonly tracer: boolean
  /** How the calls of a slice are run. */
  readonly run: "one fiber" | "one runPromise each" | "out of the layers"
}

const connect =
  ({ layer, run, tracer }: Way) =>
  async (platform: Platform): Promise<Connected> => {
    const bare = transport(platform)
    const runtime = await built(layer(platform))
    const client = await Runtime.runPromise(runtime)(ThingSpaceHttpClient.ThingSpaceHttpClient)
    const runIn = <A, E>(effect: Effect.Effect<A, E>) =>
      run === "out of the layers" ? Effect.runPromise(effect) : Runtime.runPromise(runtime)(effect)
    const slice = (subject: Client) => async (calls: number) => {
      if (run === "one runPromise each") {
        for (let index = 0; index < calls; index++) {
          await runIn(Effect.withTracerEnabled(subject.execute(request), tracer))
        }
      } else await runIn(Effect.withTracerEnabled(repeated(subject, calls), tracer))
    }
    return {
      bare: slice(bare),
      authenticated: slice(client),
      call: () => runIn(Effect.map(client.execute(request), ({ status }) => status))
    }
  }

const told =
  (layer: Way["layer"]): Way["layer"] =>
  (platform) =>
    Layer.merge(layer(platform), withoutRedirects)

/** This library with both credentials, as a program uses it. */
export const ours: Peer = {
  name: "this library, both credentials",
  both: true,
  connect: connect({ layer: bothCredentials, tracer: false, run: "one fiber" })
}

const way = (name: string, options: Partial<Way>): Peer => ({
  name,
  both: true,
  connect: connect({ layer: told(bothCredentials), tracer: false, run: "one fiber", ...options })
})

/** The ways in which a call can be made, for what each of them costs. */
export const ways: ReadonlyArray<Peer> = [
  way("ours, one, withAccessToken", { layer: told(oneCredential) }),
  way("ours, both", {}),
  way("ours, both, shared through a store", { layer: told(shared) }),
  way("ours, both, tracer on", { tracer: true }),
  way("ours, both, a runPromise per call", { run: "one runPromise each" }),
  way("ours, both, redirects seen to per call", { layer: bothCredentials }),
  way("ours, both, out of the layers", { run: "out of the layers" })
]
