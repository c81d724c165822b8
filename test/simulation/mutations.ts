/**
 * The deliberate bugs that the simulation must catch; `mutants.ts` puts them in.
 */
/** A deliberate bug: a text of `src` that occurs once in its file, and what takes its place. */
export interface Mutation {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

const held = "src/internal/credential/heldCredential.ts"
const state = "src/internal/credential/state.ts"
const session = "src/internal/credential/heldSession.ts"
const record = "src/internal/login/record.ts"
const attempt = "src/internal/login/attempt.ts"
const outcome = "src/internal/login/outcome.ts"
const middleware = "src/internal/client/middleware.ts"
const renewal = "src/internal/client/renewal.ts"
const backoff = "src/internal/client/renewalBackoff.ts"
const tokenPause = "src/internal/endpoint/tokenPause.ts"
const send = "src/internal/endpoint/send.ts"

export const mutations: ReadonlyArray<Mutation> = [
  {
    name: "a refused credential is forgotten without comparing it with the one that is held",
    file: held,
    find: 'current._tag === "Ready" && isSame(current.held.token, token)\n',
    replace: 'current._tag === "Ready"\n'
  },
  {
    name: "a session that was refused while the call waited for its token is sent",
    file: middleware,
    find: "(second.isCurrent() ? Effect.succeed([first, second]) : acquire)",
    replace: "Effect.succeed([first, second])"
  },
  {
    name: "the source stays open while the layer logs out at its close",
    file: session,
    find: "Effect.zipRight(fibers.close, lastLogout)",
    replace: "lastLogout"
  },
  {
    name: "a refused credential is kept",
    file: held,
    find: "[Effect.as(endRenewal(current), true), state.empty(current.held.secret)]",
    replace: "[Effect.as(endRenewal(current), true), current]"
  },
  {
    name: "callers do not share the acquisition that is under way",
    file: held,
    find: 'if (current._tag === "Acquiring") return [arrival(current.acquisition, ifJoinedIsSilent), current]',
    replace: 'if (current._tag === "Acquiring") return startAfter(current.previous, caller, clock)'
  },
  {
    name: "the caller that starts an acquisition takes it down when it leaves",
    file: held,
    find: ": [arrival(acquisition, Effect.fail(silent)), state.acquiring",
    replace:
      ": [Effect.onInterrupt(arrival(acquisition, Effect.fail(silent)), () => interrupt(acquisition)), state.acquiring"
  },
  {
    name: "a failed acquisition is never over",
    file: state,
    find: "return Exit.isSuccess(exit) ? ready(exit.value, now, margin) : empty(state.previous)",
    replace: "return Exit.isSuccess(exit) ? ready(exit.value, now, margin) : state"
  },
  {
    name: "a renewal ahead of time is asked for again at every call",
    file: state,
    find: '{ ...next, since: state.since, renewal: "Attempted" }',
    replace: '{ ...next, since: state.since, renewal: "Pending" }'
  },
  {
    name: "a failed renewal ahead of time is repeated at every call",
    file: state,
    find: 'if (Exit.isFailure(exit)) return { ...state, renewal: "Attempted" }',
    replace: 'if (Exit.isFailure(exit)) return { ...state, renewal: "Pending" }'
  },
  {
    name: "an expired credential is still sent",
    file: "src/internal/credential/fastPath.ts",
    find: "now < this.held.expiresAt - this.lead ?",
    replace: "now < this.held.expiresAt + 600_000 ?"
  },
  {
    name: "an answer that was overtaken by a refusal is taken",
    file: state,
    find: "if (held.secret === state.refusedSince) return",
    replace: "if (held.secret === state.refusedSince && now < 0) return"
  },
  {
    name: "a token that is handed back at its end is taken at once",
    file: state,
    find: "const atItsEnd = 2000",
    replace: "const atItsEnd = -1"
  },
  {
    name: "a refused request counts as a use of the session",
    file: middleware,
    find: "return response.status < 400 ? accepted",
    replace: "return response.status < 600 ? accepted"
  },
  {
    name: "an accepted request does not count as a use of the session",
    file: middleware,
    find: "const used = one.used(sentAt)",
    replace: "const used = undefined"
  },
  {
    name: "a request is sent again without end while it is refused",
    file: renewal,
    find: "renewed: [...renewed, { stage, api }]",
    replace: "renewed: []"
  },
  {
    name: "nothing is sent again",
    file: renewal,
    find: "if (renewed.some((before) => before.stage === stage)) return otherwise",
    replace: "if (renewed.length < 9) return otherwise"
  },
  {
    name: "a request is sent again with what it was refused with",
    file: renewal,
    find: "if (next.find((other) => other.stage === stage)?.value() !== one.value()) {",
    replace: "if (next.length > 0) {"
  },
  {
    name: "the latch is removed",
    file: record,
    find: "if (passwords.some(({ isRefused, mark }) => isRefused && marks.includes(mark))) {",
    replace: "if (passwords.length > 9) {"
  },
  {
    name: "other passwords are tried without end",
    file: record,
    find: "strikes.length >= affordable && strikes.some(({ isRefusal }) => isRefusal)",
    replace: "strikes.length >= 99"
  },
  {
    name: "a lost answer to a login is not a strike",
    file: record,
    find: "      return {\n        ...record,\n        passwords: isRefusal ? judged(true) : passwords,",
    replace:
      "      if (!isRefusal) return { ...record, strikes: others }\n      return {\n        ...record,\n        passwords: isRefusal ? judged(true) : passwords,"
  },
  {
    name: "the pause after a lost answer does not grow",
    file: record,
    find: "[2_000, 30_000, 300_000]",
    replace: "[2_000, 2_000, 2_000]"
  },
  {
    name: "a fifth strike is sent before the half hour is over",
    file: record,
    find: "Duration.toMillis(Duration.minutes(30))",
    replace: "Duration.toMillis(Duration.minutes(5))"
  },
  {
    name: "a reset forgets nothing",
    file: "src/LoginGuard.ts",
    find: "change(username, loginRecord.reset)",
    replace: "change(username, (record) => record)"
  },
  {
    name: "a success does not clear the record",
    file: record,
    find: "strikes: younger, pause: made, epoch: next }",
    replace: "strikes: others, pause: made, epoch: next }"
  },
  {
    name: "the success of another password forgets what was refused",
    file: record,
    find: "passwords: judged(false), strikes",
    replace: "passwords: judged(false).filter(({ mark }) => marks.includes(mark)), strikes"
  },
  {
    name: "a late refusal is ignored",
    file: attempt,
    find: 'if (outcome._tag === "Uncertain") return Effect.void',
    replace: 'if (outcome._tag !== "Accepted") return Effect.void'
  },
  {
    name: "Retry-After is ignored at the login",
    file: record,
    find: "said === undefined\n",
    replace: "said !== null\n"
  },
  {
    name: "a login that was not judged is repeated at once",
    file: record,
    find: "pause: { failure, until: now + millis, times } }",
    replace: "pause: { failure, until: now + millis * 0, times } }"
  },
  {
    name: "a strike is recorded after the login, not before it is sent",
    file: attempt,
    find: "note((record) => loginRecord.begin(record, strike))",
    replace: "note((record) => record)"
  },
  {
    name: "a login counts before it has its access token",
    file: session,
    find: "{ ...probe, prepare }",
    replace: "{ ...probe, prepare: Effect.void }"
  },
  {
    name: "the probe is skipped",
    file: attempt,
    find: "if (probe !== undefined && before.strikes.at(-1)?.isRefusal === false) {",
    replace: "if (probe !== undefined && before.strikes.length > 99) {"
  },
  {
    name: "any answer to the probe will do",
    file: "src/internal/credential/sessionProbe.ts",
    find: 'error._tag === "SessionError" && !verdict.isTransient(error)',
    replace: 'error._tag === "SessionError" || !verdict.isTransient(error) || true'
  },
  {
    name: "a web page is taken for a logout",
    file: "src/SessionClient.ts",
    find: 'body.trim() === "" || Option.isSome(decodeLoggedOut(body))',
    replace: 'body.trim() === "" || Option.isSome(decodeLoggedOut(body)) || body.startsWith("<")'
  },
  {
    name: "an answer of the gateway's is a strike",
    file: outcome,
    find: 'isNamed || isInFront(failure.status) ? "NotJudged"',
    replace: 'isNamed && isInFront(failure.status) ? "NotJudged"'
  },
  {
    name: "a proxy's answer is a strike",
    file: outcome,
    find: "[407, 429, 511].includes(status)",
    replace: "[429].includes(status)"
  },
  {
    name: "an unread code of the session service's is no refusal",
    file: outcome,
    find: '{ _tag: "Uncertain", failure } : { _tag: "Refused" }',
    replace: '{ _tag: "Uncertain", failure } : { _tag: "Uncertain", failure }'
  },
  {
    name: "a refusal in a 200 is not read",
    file: send,
    find: "platformError.isError(body)\n      ? fromAnswer",
    replace: "platformError.isError(body) && status >= 400\n      ? fromAnswer"
  },
  {
    name: "strikes are forgotten with the layer",
    file: "src/LoginGuard.ts",
    find: "const memory = yield* memories.current",
    replace: "const memory = yield* Effect.provideService(memories.current, memories.Owner, {})"
  },
  {
    name: "users take their turns together at one record",
    file: "src/internal/login/memory.ts",
    find: "JSON.stringify([baseUrl, spelling(username)])",
    replace: "JSON.stringify([baseUrl, spelling(username).slice(0, 0)])"
  },
  {
    name: "pauses are measured by the wall clock",
    file: "src/internal/endpoint/pause.ts",
    find: "Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)",
    replace: "clock.unsafeCurrentTimeMillis()"
  },
  {
    name: "Retry-After is ignored at the token endpoint",
    file: tokenPause,
    find: "if (error.retryAfter !== undefined) return",
    replace: "if (error.retryAfter === null) return"
  },
  {
    name: "a refused secret is sent at every call",
    file: tokenPause,
    find: "if (refusesApp(error)) return jittered(backoff(failures, longestRefused), random)",
    replace: "if (refusesApp(error)) return 0"
  },
  {
    name: "another secret waits for the pause of the one before",
    file: tokenPause,
    find: "pause.refused !== undefined && !isSame(app, pause.refused)) return undefined",
    replace: "pause.refused !== undefined && failures < 0) return undefined"
  },
  {
    name: "failures of the token endpoint are followed by no pause",
    file: tokenPause,
    find: "return failures < 2 ? 0 :",
    replace: "return failures < 99 ? 0 :"
  },
  {
    name: "an error leaves out when to come back",
    file: tokenPause,
    find: "return withRetryAfter(pause.error, Duration.millis(pause.until - now))",
    replace: "return pause.error"
  },
  {
    name: "a login is not listened to after its deadline",
    file: "src/internal/endpoint/lateAnswer.ts",
    find: "const listening = Duration.minutes(2)",
    replace: "const listening = Duration.seconds(1)"
  },
  {
    name: "the back-off of an API is lifted by any request that is accepted",
    file: backoff,
    find: 'if (record?.state === "Open" && record.refused !== credential) this.healed(api)',
    replace: 'if (record !== undefined && credential !== "") this.healed(api)'
  },
  {
    name: "renewals that mend nothing are not limited to three a minute",
    file: backoff,
    find: "const mostUnhealed = 3",
    replace: "const mostUnhealed = 99"
  },
  {
    name: "a renewal that no resend could follow is held against the API at once",
    file: backoff,
    find: 'record.state = "Open"\n',
    replace: 'record.state = "Held"\n    record.at += longest\n'
  },
  {
    name: "the call's own deadline is missing",
    file: send,
    find: "duration: requestTimeout,",
    replace: 'duration: "2 hours",'
  },
  {
    name: "an authentication call outlives its deadline",
    file: send,
    find: "      Effect.disconnect\n",
    replace: "      Effect.uninterruptible\n"
  },
  {
    name: "redirects are followed",
    file: "src/internal/http/surroundings.ts",
    find: "if (!follows(init)) return context",
    replace: "return context"
  },
  {
    name: "the origin is compared without its port",
    file: "src/internal/http/allowedOrigins.ts",
    find: "const sessionHeader = headers.get(url.right.origin)",
    replace: 'const sessionHeader = headers.get(url.right.origin.replace(/:\\d+$/, ""))'
  },
  {
    name: "an origin is compared by its beginning",
    file: "src/internal/http/allowedOrigins.ts",
    find: "/`, sessionHeader })",
    replace: "`, sessionHeader })"
  },
  {
    name: "the headers of the credentials are not redacted",
    file: "src/internal/http/surroundings.ts",
    find: "names: addNames(before.names, names) }",
    replace: "names: before.names }"
  },
  {
    name: "an acquisition inherits that its layer was built uninterruptibly",
    file: "src/internal/credential/layerFibers.ts",
    find: "runFork(Effect.interruptible(body), {",
    replace: "runFork(Effect.uninterruptible(body), {"
  },
  {
    name: "a closed layer still acquires",
    file: "src/internal/credential/layerFibers.ts",
    find: "    closed = true\n",
    replace: ""
  },
  {
    name: "the keeper of the idle session logs in early",
    file: "src/internal/credential/idleRelogin.ts",
    find: "yield* sleepUntil(wakesAt)",
    replace:
      "yield* sleepUntil(wakesAt - 300_000)\n          current()?.secret === held.secret && (held.expiresAt -= 300_000)"
  },
  {
    name: "a failed login is repeated at once, behind the guard",
    file: session,
    find: "timingLogin(client.login(access, credentials, { onLateAnswer }))",
    replace: "timingLogin(Effect.retry(client.login(access, credentials, { onLateAnswer }), { times: 1 }))"
  },
  {
    name: "a dead session is taken for a refused token",
    file: "src/Rejection.ts",
    find: 'if (platformError.refusesSession(code)) return "SessionToken"',
    replace: 'if (platformError.refusesSession(code)) return "AccessToken"'
  }
]
