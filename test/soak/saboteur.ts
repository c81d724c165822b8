import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { Tally } from "./callers.js"
import type { Link } from "./link.js"
import type { Kind, Setting } from "./messages.js"
import type { Options } from "./options.js"

/** When a credential was struck. */
export interface Strike {
  readonly kind: Kind
  readonly at: number
}

export interface World {
  readonly link: Link
  readonly options: Options
  readonly setting: Setting
  readonly strikes: Array<Strike>
  readonly tally: Tally
}

const until = (condition: () => boolean) =>
  Effect.repeat(Effect.sync(condition), { until: (holds) => holds, schedule: Schedule.spaced("10 millis") })

/**
 * Ends the credentials of one kind, one after the other, as somebody else could: by revoking the token, by ending the
 * session.
 *
 * A call is sent again once for each kind of credential, so that one which meets two ends of the same kind fails, as the
 * README says. And where the call that replaces a credential is interrupted, its API heals nothing for a second. Therefore
 * a credential is struck once the calls have ended that were under way when it was issued, a second after that at the
 * earliest, and not shortly before its own end. Some tokens are spared, and live until then.
 */
export const make = (kind: Kind, { link, options, setting, strikes, tally }: World): Effect.Effect<never> => {
  const random = Random.make(`${options.seed} ${kind}`)
  let done = 0
  return Effect.gen(function* () {
    yield* until(() => link.issued(kind).number > done)
    const { at, firstCall, number } = link.issued(kind)
    yield* until(() => tally.haveEndedBefore(firstCall))
    const age = (yield* Clock.currentTimeMillis) - at
    yield* Effect.sleep(Math.max(300, 1000 - age) + (yield* random.nextIntBetween(0, 1000)))
    const spared = kind === "token" && (yield* random.next) < 0.3
    if (link.issued(kind).number !== number) return
    done = number
    const now = yield* Clock.currentTimeMillis
    if (spared || (kind === "token" && now > at + setting.tokenLifetime - 700)) return
    strikes.push({ kind, at: now })
    yield* link.ask(kind === "token" ? "strike token" : "strike session")
  }).pipe(Effect.forever)
}
