import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { longestRetryAfter } from "./pause.js"

const isDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/

/**
 * The date of RFC 9110 section 5.6.7 in its three forms, of which the last names no zone and means GMT. The offset is for
 * `DateTime`, which takes a text without one for ISO 8601.
 */
const millisUntil = (date: string, now: number): number | undefined =>
  isDate.test(date)
    ? Option.getOrUndefined(
        Option.map(DateTime.make(`${date.replace(/ GMT$/, "")} GMT+0000`), (at) => DateTime.toEpochMillis(at) - now)
      )
    : undefined

/**
 * Reads `Retry-After` (RFC 9110 section 10.2.3), in seconds or as a date, capped at five minutes. What asks for no
 * waiting says nothing: the usual pauses hold then.
 *
 * @internal
 */
export const parse = (value: string | undefined, now: number): Duration.Duration | undefined => {
  const text = value?.trim() ?? ""
  const millis = /^\d+$/.test(text) ? Number(text) * 1000 : millisUntil(text, now)
  return millis !== undefined && millis > 0 ? Duration.millis(Math.min(millis, longestRetryAfter)) : undefined
}
