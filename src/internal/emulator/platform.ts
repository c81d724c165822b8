import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type BearerProblem, noResource, wrapped } from "./dialects.js"
import * as OAuth from "./oauth.js"
import type { Product, Resource } from "./product.js"
import { products } from "./products.js"
import type { Settings } from "./settings.js"
import * as State from "./state.js"
import type { Request } from "./wire.js"

const oauthPath = /^\/api\/ts\/v1\/oauth2\/(token|revoke)$/

const bearer = (settings: Settings, request: Request, state: State.State, now: number) => {
  const authorization = request.headers.authorization ?? ""
  if (authorization === "") {
    return Either.left<BearerProblem>("Missing")
  }
  const value = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1]
  if (value === undefined) {
    return Either.left<BearerProblem>("Malformed")
  }
  const simulator = value === settings.simulatorToken
  return simulator || Option.exists(State.token(state, now), (token) => token.value === value)
    ? Either.right({ simulator })
    : Either.left<BearerProblem>("Wrong")
}

const nobody = { token: "", username: "" }

const session = (
  settings: Settings,
  token: string | undefined,
  simulator: boolean,
  state: State.State,
  now: number
): Either.Either<typeof nobody, State.SessionProblem> => {
  const found = State.session(settings, state, token, now)
  return simulator && token !== undefined && token !== ""
    ? Either.right({ token, username: Either.match(found, { onLeft: () => "", onRight: ({ username }) => username }) })
    : Either.map(found, ({ username }) => ({ token: token ?? "", username }))
}

const decoded = (segment: string) =>
  Either.getOrElse(
    Either.try(() => decodeURIComponent(segment)),
    () => segment
  )

const enter = (
  settings: Settings,
  product: Product,
  resource: Resource,
  request: Request,
  state: State.State,
  now: number
): State.Step => {
  const path = request.path.slice("/api".length + product.context.length)
  const parameters = (resource.pattern.exec(path) ?? []).slice(1).map(decoded)
  const call = { settings, request, parameters, state, now, simulator: false, session: nobody }
  if (resource.credentials === "none") {
    return resource.handle(call)
  }
  const access = bearer(settings, request, state, now)
  if (Either.isLeft(access)) {
    return [product.refuseBearer(access.left, product.context, path), state]
  }
  const { simulator } = access.right
  if (resource.credentials === "bearer") {
    return resource.handle({ ...call, simulator })
  }
  const user = session(settings, request.headers[product.sessionHeader], simulator, state, now)
  if (Either.isLeft(user)) {
    return [product.refuseSession(user.left), state]
  }
  const [answer, next] = resource.handle({ ...call, simulator, session: user.right })
  return [answer, answer.status < 400 ? State.touch(next, user.right.token, now) : next]
}

/** Whether a path is one of the OAuth endpoints, which have no gateway in front. */
export const isOAuth = (path: string): boolean => oauthPath.test(path)

/** The platform as a function: what it answers to a request that arrives at `now`, and what it then remembers. */
export const handle = (settings: Settings, request: Request, state: State.State, now: number): State.Step => {
  const oauth = request.method === "POST" ? oauthPath.exec(request.path)?.[1] : undefined
  if (oauth === "token" || oauth === "revoke") {
    return OAuth.handle(settings, oauth, request, state, now)
  }
  const product = products.find(({ context }) => request.path.startsWith(`/api${context}/`))
  if (product === undefined) {
    const wrongContext = request.path.startsWith("/api/") && !request.path.startsWith("/api/ts/v1/")
    return [wrapped(wrongContext ? 400 : 404, noResource(request.path)), state]
  }
  const path = request.path.slice("/api".length + product.context.length)
  const resource = product.resources.find(
    ({ methods, pattern }) => (methods.length === 0 || methods.includes(request.method)) && pattern.test(path)
  )
  return resource === undefined
    ? [wrapped(404, noResource(product.context)), state]
    : enter(settings, product, resource, request, state, now)
}
