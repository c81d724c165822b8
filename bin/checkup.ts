/**
 * The steps of the doctor, each with what it found, what that means, and what to do where it failed.
 *
 * It stands on the lower rungs of the library, so that nothing is renewed or sent again behind its back: one token
 * request, one login through `LoginGuard`, one read.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import {
  AccessToken,
  Credentials,
  LoginGuard,
  OAuthClient,
  SessionClient,
  SessionSource,
  SessionToken,
  ThingSpaceConfig,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"
import * as answers from "./answers.js"
import { plain } from "./terminal.js"

export interface Finding {
  readonly step: keyof typeof steps
  readonly outcome: "passed" | "failed"
  /** What was found. */
  readonly says: string
  /** What the step is about. */
  readonly means: string
  /** What to do, where it failed. */
  readonly next?: string
}

/** What each step is about, in their order, and the exit code of the one that fails. */
export const steps = {
  configuration: { exitCode: 2, means: "The variables of the environment that the library reads." },
  reachability: { exitCode: 3, means: "The platform answers an API call that carries no credentials by refusing it." },
  token: {
    exitCode: 4,
    means: "The application key and secret buy an access token, the same for all who use the key."
  },
  login: {
    exitCode: 5,
    means: "Username and password open a session. One attempt: five refused in a row lock the user."
  },
  account: { exitCode: 6, means: "Both credentials together open the account. The session then ends by being idle." }
} as const

class Failed extends Data.TaggedError("Failed")<{ readonly says: string; readonly next: string }> {}

const required = ["APP_KEY", "APP_SECRET", "UWS_USERNAME", "UWS_PASSWORD", "ACCOUNT"].map(
  (name) => `THINGSPACE_${name}`
)

const isMissing = (name: string) =>
  Effect.map(Effect.option(Config.nonEmptyString(name)), (value) => Option.isNone(value) || value.value.trim() === "")

const configuration = Effect.gen(function* () {
  const missing = yield* Effect.filter(required, isMissing)
  const settings = yield* Effect.either(Effect.provide(ThingSpaceConfig.ThingSpaceConfig, ThingSpaceConfig.layerConfig))
  if (missing.length > 0 || settings._tag === "Left") {
    const unset = missing.length === 0 ? [] : [`${missing.join(", ")} must be set, and not be empty`]
    const unusable = settings._tag === "Left" ? [`THINGSPACE_BASE_URL cannot be used ${settings.left}`] : []
    return yield* new Failed({
      says: [...unset, ...unusable].join("; "),
      next: "Key and secret are in the ThingSpace portal under Key Management; username and password are those of a UWS user, which are separate; the account looks like 0000123456-00001. Without THINGSPACE_BASE_URL the platform is Verizon's."
    })
  }
  const account = yield* Config.string("THINGSPACE_ACCOUNT")
  return { settings: settings.right, account, credentials: yield* Credentials.config }
}).pipe(Effect.catchTag("ConfigError", (error) => new Failed({ says: String(error), next: "Correct the variable." })))

const probe = ({ baseUrl }: ThingSpaceConfig.Settings) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const response = yield* client.get(`${baseUrl}/api/m2m/v1/accounts/doctor`)
    return answers.ofGateway(response.status, response.headers, yield* response.text)
  }).pipe(
    Effect.timeout("10 seconds"),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    Effect.catchAll((error) =>
      Effect.succeed<answers.Verdict>(
        Cause.isTimeoutException(error)
          ? { ok: false, says: "no answer within 10 seconds", next: "Check the network and any firewall on the way." }
          : answers.ofFailure(error)
      )
    ),
    Effect.flatMap((verdict) => (verdict.ok ? Effect.succeed(verdict.says) : Effect.fail(new Failed(verdict))))
  )

/** The messages of these errors say what to do; `more` is what a person can do beyond that. */
const explained = (more: string) => (error: { readonly message: string }) => {
  const [says = "", ...advice] = error.message.split(/(?<=\.) /)
  return new Failed({ says, next: [...advice, more].join(" ") })
}

const lifetime = (token: AccessToken.AccessToken, now: number) =>
  Option.match(token.expiresAt, {
    onNone: () => "with no end that the platform names",
    onSome: (time) => `for another ${Math.round((DateTime.toEpochMillis(time) - now) / 60_000)} minutes`
  })

const readAccount = (account: string) =>
  Effect.gen(function* () {
    const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
    const { status, text } = yield* client.get(`/api/m2m/v1/accounts/${encodeURIComponent(account)}`)
    const verdict = answers.ofAccount(status, yield* text, account)
    return verdict.ok ? verdict.says : yield* new Failed(verdict)
  }).pipe(
    Effect.timeout("10 seconds"),
    Effect.catchAll((error) =>
      error._tag === "Failed"
        ? Effect.fail(error)
        : Effect.fail(new Failed({ says: error.message, next: "The connection worked a moment ago: try again later." }))
    )
  )

const clients = (settings: ThingSpaceConfig.Settings) =>
  LoginGuard.layer.pipe(
    Layer.provideMerge(Layer.merge(OAuthClient.layer, SessionClient.layer)),
    Layer.provideMerge(Layer.succeed(ThingSpaceConfig.ThingSpaceConfig, settings))
  )

/** Both credentials as they are: what is refused is not renewed. */
const client = (access: AccessToken.AccessToken, session: SessionToken.SessionToken) =>
  ThingSpaceHttpClient.layerFromSources.pipe(
    Layer.provide([TokenSource.layerStatic(access.secret), SessionSource.layerStatic(session.secret)])
  )

/** Goes through the steps until one fails. */
export const checkup = Effect.gen(function* () {
  const found = yield* Ref.make<ReadonlyArray<Finding>>([])
  const secrets = new Set<string>()
  const shown = (text: string) =>
    [...secrets].some((secret) => text.includes(secret)) ? "(not shown: it holds a credential)" : plain(text)
  const note = (step: Finding["step"], outcome: Finding["outcome"], says: string, next?: string) =>
    Ref.update(found, (all) => [
      ...all,
      {
        step,
        outcome,
        says: shown(says),
        means: steps[step].means,
        ...(next === undefined ? {} : { next: shown(next) })
      }
    ])
  const step = <A, R>(name: Finding["step"], does: Effect.Effect<A, Failed, R>, says: (result: A) => string) =>
    does.pipe(
      Effect.tap((result) => note(name, "passed", says(result))),
      Effect.tapError((failed) => note(name, "failed", failed.says, failed.next))
    )

  const program = Effect.gen(function* () {
    const { account, credentials, settings } = yield* step(
      "configuration",
      configuration,
      ({ account, settings }) => `Everything is set; the platform is ${settings.baseUrl}, the account ${account}`
    )
    const { key, password, secret } = credentials
    for (const one of [key, secret, password]) secrets.add(Redacted.value(one))
    yield* step("reachability", probe(settings), (says) => says)
    yield* Effect.gen(function* () {
      const oauth = yield* OAuthClient.OAuthClient
      const guard = yield* LoginGuard.LoginGuard
      const sessions = yield* SessionClient.SessionClient
      const now = yield* Clock.currentTimeMillis
      const access = yield* step(
        "token",
        Effect.mapError(
          oauth.requestToken(credentials),
          explained("Both are shown in the portal under Key Management; no lock is documented for them.")
        ),
        (token) => `Access token ${AccessToken.fingerprint(token)} issued, ${lifetime(token, now)}`
      )
      const session = yield* step(
        "login",
        Effect.mapError(
          guard.attempt(Effect.succeed(credentials), (user) => sessions.login(access, user)),
          explained(
            "This was one attempt: correct the cause before the next. Verizon's support can tell whether the user is locked. A password that holds one of ' < \\ may be refused for that."
          )
        ),
        (session) => `Logged in, session ${SessionToken.fingerprint(session)}`
      )
      for (const one of [access.secret, session.secret]) secrets.add(Redacted.value(one))
      yield* Effect.provide(
        step("account", readAccount(account), (says) => says),
        client(access, session)
      )
    }).pipe(Effect.provide(clients(settings)))
  })

  const failed = yield* Effect.flip(program).pipe(Effect.option)
  const findings = yield* Ref.get(found)
  const last = findings.at(-1)
  return { exitCode: Option.isNone(failed) || last === undefined ? 0 : steps[last.step].exitCode, findings }
})
