import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"

/** What nobody has dealt with, as lines to be printed. */
export interface Incidents {
  readonly unhandled: Array<string>
  readonly errors: Array<string>
  readonly processWarnings: Array<string>
  warnings: number
}

export const incidents: Incidents = { unhandled: [], errors: [], processWarnings: [], warnings: 0 }

const printed = (what: unknown): string => inspect(what).split("\n").slice(0, 4).join(" ")

process.on("unhandledRejection", (reason) => void incidents.unhandled.push(printed(reason)))
process.on("uncaughtException", (error) => void incidents.unhandled.push(printed(error)))
process.on("warning", (warning) => void incidents.processWarnings.push(printed(warning)))

/** Keeps the errors that are logged, and counts the warnings: each refusal is one. */
export const layer = Layer.merge(
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ cause, logLevel, message }) => {
      if (LogLevel.greaterThanEqual(logLevel, LogLevel.Error)) {
        incidents.errors.push(`${printed(message)} ${Cause.pretty(cause).split("\n")[0]}`)
      } else if (LogLevel.greaterThanEqual(logLevel, LogLevel.Warning)) {
        incidents.warnings += 1
      }
    })
  ),
  Logger.minimumLogLevel(LogLevel.Info)
)
