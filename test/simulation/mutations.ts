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

const renewable = "src/internal/credential/heldCredential.ts"
const record = "src/internal/login/record.ts"
const guard = "src/LoginGuard.ts"
const middleware = "src/internal/client/middleware.ts"

export const mutations: ReadonlyArray<Mutation> = [
  {
    name: "a refused credential is forgotten without comparing it with the one that is held",
    file: renewable,
    find: 'state._tag !== "Ready" || state.held.secret !== secret || isHandedBack(state, now)',
    replace: 'state._tag !== "Ready" || isHandedBack(state, now)'
  },
  {
    name: "a session that was refused while the call waited for its token is sent",
    file: middleware,
    find: "(sessions.mayHold(session) ? Effect.succeed({ token, session }) : held)",
    replace: "Effect.succeed({ token, session })"
  },
  {
    name: "the source stays open while the layer logs out at its close",
    file: "src/SessionSource.ts",
    find: "Effect.zipRight(fibers.close, lastLogout)",
    replace: "lastLogout"
  },
  {
    name: "a refused credential is kept",
    file: renewable,
    find: "return [Effect.as(ended, true), { ...empty, refused: secret }]",
    replace: "return [Effect.as(ended, true), state]"
  },
  {
    name: "callers do not share the flight that is under way",
    file: renewable,
    find: "return [state.early === true ? arrivalAfter(state.flight, now) : arrival(state.flight), state]",
    replace: 'return depart(caller, { _tag: "Empty" })'
  },
  {
    name: "the caller that starts a flight takes it down when it leaves",
    file: renewable,
    find: ": [arrival(flight), {",
    replace: ": [Effect.onInterrupt(arrival(flight), () => Fiber.interrupt(flight)), {"
  },
  {
    name: "a failure is stored",
    file: renewable,
    find: 'return [undefined, refused === undefined ? { _tag: "Empty" } : { _tag: "Empty", refused }]',
    replace: "return [undefined, state]"
  },
  {
    name: "a renewal ahead of time is asked for again at every call",
    file: renewable,
    find: 'isSame ? { ...state, held: exit.value, renewal: "Settled" }',
    replace: 'isSame ? { ...state, held: exit.value, renewal: "Due" }'
  },
  {
    name: "a failed renewal ahead of time is repeated at every call",
    file: renewable,
    find: 'if (Exit.isFailure(exit)) return [undefined, { ...state, renewal: "Settled" }]',
    replace: 'if (Exit.isFailure(exit)) return [undefined, { ...state, renewal: "Due" }]'
  },
  {
    name: "a renewal that was under way when its predecessor was refused is not discarded",
    file: renewable,
    find: ': [Fiber.interrupt(renewal), { _tag: "Empty", discarded: renewal }]',
    replace: ': [Effect.void, { _tag: "Empty" }]'
  },
  {
    name: "an expired token is still sent",
    file: renewable,
    find: 'now < (renewal === "Due" ? held.expiresAt - margin : held.expiresAt) ? held : undefined',
    replace: 'now < (renewal === "Due" ? held.expiresAt - margin : held.expiresAt + 600_000) ? held : undefined'
  },
  {
    name: "a token that was handed back is asked for again at every refusal",
    file: renewable,
    find: "handedBackAt !== undefined && now >= handedBackAt",
    replace: "handedBackAt !== undefined && now < handedBackAt"
  },
  {
    name: "a refused request counts as a use of the session",
    file: middleware,
    find: "return response.status < 400 ? accepted(attempt, response, sentAt)",
    replace:
      "if (attempt.session !== undefined) sessions?.used(attempt.session, sentAt)\n        return response.status < 400 ? accepted(attempt, response, sentAt)"
  },
  {
    name: "an accepted request does not count as a use of the session",
    file: middleware,
    find: "attempt.session === undefined ? undefined : sessions?.used(attempt.session, sentAt)",
    replace: "undefined"
  },
  {
    name: "the latch is removed",
    file: record,
    find: 'if (known || spent) return { _tag: "Refused" }',
    replace: ""
  },
  {
    name: "other passwords are tried without end",
    file: record,
    find: "const spent = record.refused.length > 0 && attempts(record) >= affordable",
    replace: "const spent = false"
  },
  {
    name: "a lost answer to a login is not a strike",
    file: record,
    find: 'return cause._tag === "Fail" ? ofError(cause.error) : "Uncertain"',
    replace: 'return cause._tag === "Fail" && ofError(cause.error) !== "Uncertain" ? ofError(cause.error) : "NotTried"'
  },
  {
    name: "the pause after a lost answer does not grow",
    file: record,
    find: "const pause = attempts(next) >= affordable ? longPause : 1000 * 2 ** (attempts(next) - 1)",
    replace: "const pause = 1000"
  },
  {
    name: "a reset forgets nothing",
    file: guard,
    find: "reset: Effect.zipRight(",
    replace: "reset: Effect.void, forgotten: Effect.zipRight("
  },
  {
    name: "a success does not clear the record",
    file: guard,
    find: "if (Exit.isSuccess(exit)) return yield* succeeded",
    replace: "if (Exit.isSuccess(exit)) return"
  },
  {
    name: "the call's own deadline is missing",
    file: "src/internal/endpoint/send.ts",
    find: "duration: requestTimeout,",
    replace: 'duration: "2 hours",'
  },
  {
    name: "an authentication call outlives its deadline",
    file: "src/internal/endpoint/send.ts",
    find: "      Effect.disconnect,\n",
    replace: "      Effect.uninterruptible,\n"
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
    name: "a flight inherits that its layer was built uninterruptibly",
    file: "src/internal/credential/layerFibers.ts",
    find: "return runFork(Effect.interruptible(body), { scope, immediate: false })",
    replace: "return runFork(Effect.uninterruptible(body), { scope, immediate: false })"
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
    file: "src/SessionSource.ts",
    find: "return client.login(access, credentials)",
    replace: "return Effect.retry(client.login(access, credentials), { times: 1 })"
  },
  {
    name: "a request is sent again without end while it is refused",
    file: middleware,
    find: "renewed: [...attempt.renewed, which],",
    replace: "renewed: [],"
  },
  {
    name: "nothing is sent again",
    file: middleware,
    find: "if (attempt.renewed.includes(which) || attempt[which] === undefined) return otherwise",
    replace: "if (attempt[which] !== undefined) return otherwise"
  },
  {
    name: "a dead session is taken for a refused token",
    file: "src/Rejection.ts",
    find: 'if (platformError.refusesSession(code)) return "SessionToken"',
    replace: 'if (platformError.refusesSession(code)) return "AccessToken"'
  }
]

/** A deliberate bug that the simulation is to catch, which has no place in `src` yet, and the promise that breaks. */
export interface Wanted {
  readonly name: string
  readonly breaks: string
  /** Where it shows if nothing else does: a program of this ending, or a step. */
  readonly shows: string
}

export const wanted: ReadonlyArray<Wanted> = [
  {
    name: "a strike is recorded after the login, not before it is sent",
    breaks: "a login is sent before the pause after strike 1 is over",
    shows: "restart the process, with a store"
  },
  {
    name: "the probe is skipped",
    breaks: "a login is sent after trouble without a probe",
    shows: "session service hangs"
  },
  {
    name: "any answer to the probe will do",
    breaks: "a login is sent after trouble without a probe",
    shows: "login trouble of the target session"
  },
  {
    name: "Retry-After is ignored at the login",
    breaks: "a login is sent before Retry-After is over",
    shows: "throttled"
  },
  {
    name: "Retry-After is ignored at the token endpoint",
    breaks: "a token is asked for although Retry-After says when",
    shows: "token endpoint throttled"
  },
  {
    name: "a login is not listened to after its deadline",
    breaks: "a login is given up before its answer has come",
    shows: "late refusal"
  },
  {
    name: "a late refusal is ignored",
    breaks: "a refused password is sent again",
    shows: "late refusal"
  },
  {
    name: "strikes are forgotten with the layer",
    breaks: "a refused password is sent again",
    shows: "rebuild"
  },
  {
    name: "the back-off of an API is lifted by any request that is accepted",
    breaks: "a session is renewed in vain a fourth time within a minute",
    shows: "API that refuses everything"
  },
  {
    name: "renewals that mend nothing are not limited to three a minute",
    breaks: "an API that refuses everything costs more than three requests for a login a minute",
    shows: "API that refuses everything"
  },
  {
    name: "a renewal that no resend could follow is held against the API at once",
    breaks: "a session that died is not healed where callers are impatient",
    shows: "impatient callers"
  },
  {
    name: "a silent login is taken over",
    breaks: "two logins are under way",
    shows: "session service hangs"
  },
  {
    name: "a token that is handed back at its end is taken at once",
    breaks: "a call fails when the token is handed out at its end",
    shows: "lingering token"
  },
  {
    name: "an answer of the gateway's is a strike",
    breaks: "trouble of one kind costs more than 0 strikes",
    shows: "throttled"
  },
  {
    name: "a proxy's answer is a strike",
    breaks: "trouble of one kind costs more than 0 strikes",
    shows: "login misrouted"
  },
  {
    name: "a login that was not judged is repeated at once",
    breaks: "a login that was not judged is repeated too soon",
    shows: "throttled"
  },
  {
    name: "a fifth strike is sent before the half hour is over",
    breaks: "a fifth strike is risked within half an hour of the fourth",
    shows: "login unavailable"
  },
  {
    name: "a refusal in a 200 is not read",
    breaks: "a wrong password is sent more than 1 times",
    shows: "refused in a 200"
  },
  {
    name: "a refused secret is sent at every call",
    breaks: "a refused secret is sent again too soon",
    shows: "wrong secret"
  },
  {
    name: "another secret waits for the pause of the one before",
    breaks: "all is well again, but a call brings OAuthError",
    shows: "wrong secret"
  },
  {
    name: "pauses are measured by the wall clock",
    breaks: "a login is sent before the pause after strike 1 is over",
    shows: "set the clock"
  },
  {
    name: "the success of another password forgets what was refused",
    breaks: "a refused password is sent again",
    shows: "rotate credentials"
  },
  {
    name: "users share one session source's session",
    breaks: "a session of another user is sent",
    shows: "two tenants"
  },
  {
    name: "an error leaves out when to come back",
    breaks: "an error does not say when to come back",
    shows: "token endpoint throttled"
  }
]
