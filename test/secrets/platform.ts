import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { secretsIn } from "./marks.js"
import type { Mark } from "./search.js"
import { Watch } from "./watch.js"

/** Each holds what some layer escapes, between letters and digits enough to be known by. */
export const secrets = {
  key: 'k3y-Zq7"Lw8&x2/Vn9+Rt4=Hb6é',
  secret: "s3cr3t Xp8\\<Ym5>%Hd1'Jc6~Gv2ö€",
  password: "Pw0rd-Kf4\"Nb7\\Qs2<Gz9>&Tj3'Uo5 ñ="
}

export const username = "marked-user"

export const app = { key: Redacted.make(secrets.key), secret: Redacted.make(secrets.secret) }

export const user = { username, password: Redacted.make(secrets.password) }

const formEncode = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1)

/** What a program with these credentials must not show, whatever it has got with them. */
export const given: ReadonlyArray<Mark> = [
  { name: "application key", secret: secrets.key },
  { name: "application secret", secret: secrets.secret },
  { name: "password", secret: secrets.password },
  { name: "Basic value", secret: Encoding.encodeBase64(`${formEncode(secrets.key)}:${formEncode(secrets.secret)}`) }
]

/** Marks what the program was given, and, at the end, what the platform has seen or issued. */
const marking = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { mark } = yield* Watch
    const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
    mark(given)
    yield* Effect.addFinalizer(() => Effect.map(exchanges, (all) => mark(all.flatMap(secretsIn))))
  })
)

export const layer = (
  options?: ThingSpaceEmulator.Options
): Layer.Layer<ThingSpaceEmulator.ThingSpaceEmulator | HttpClient.HttpClient, never, Watch> =>
  Layer.provideMerge(
    marking,
    ThingSpaceEmulator.layer({
      appKey: secrets.key,
      appSecret: secrets.secret,
      users: { [username]: secrets.password },
      ...options
    })
  )

export type Services = ThingSpaceHttpClient.Services | ThingSpaceEmulator.ThingSpaceEmulator | HttpClient.HttpClient

/** How a pipeline differs from the usual. */
export interface Setting {
  readonly options?: Partial<ThingSpaceHttpClient.Options> | undefined
  readonly platform?: ThingSpaceEmulator.Options | undefined
  /** What stands between the pipeline and the platform. */
  readonly through?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/** The whole pipeline and the platform, which tells what must not come out. */
export const pipeline = ({
  options,
  platform,
  through = identity
}: Setting = {}): Layer.Layer<Services, never, Watch> => {
  const transport = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, through))
  return ThingSpaceHttpClient.layer({ ...app, ...user, ...options }).pipe(
    Layer.orDie,
    Layer.provideMerge(transport),
    Layer.provideMerge(layer(platform))
  )
}
