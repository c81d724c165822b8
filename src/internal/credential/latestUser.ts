import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { CredentialsError } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { fingerprintOfText } from "../secrets/fingerprint.js"
import { remember } from "../store/getOrInsert.js"

type Source = Effect.Effect<Uws, CredentialsError>

const latest = new WeakMap<Source, Uws>()
const notingSources = new WeakMap<Source, Source>()

/** One that a program supplies by value can be known without being read. */
const isValue = (source: Source): source is Exit.Success<Uws, never> => Exit.isExit(source) && Exit.isSuccess(source)

/**
 * The same source, which notes the user that it supplies. There is one for each source, because logins take turns by it.
 *
 * @internal
 */
export const noting = (source: Source): Source =>
  isValue(source)
    ? source
    : remember(notingSources, source, () =>
        Effect.tap(source, (user) =>
          Effect.sync(() => {
            latest.set(source, user)
          })
        )
      )

/**
 * The user that a source supplied last; none if it has not been read. Does not read it.
 *
 * @internal
 */
export const of = (source: Source): Uws | undefined => (isValue(source) ? source.value : latest.get(source))

/**
 * Has the log lines of an effect name the user that a source supplied last, as of when it starts.
 *
 * @internal
 */
export const annotating =
  (source: Source) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const user = of(source)
      return user === undefined ? effect : Effect.annotateLogs(effect, "user", fingerprintOfText(user.username))
    })
