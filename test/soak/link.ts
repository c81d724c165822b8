import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Account, FromPlatform, type Kind, type Request, type Setting, SettingJson } from "./messages.js"

/** A credential that the platform has issued. */
export interface Issued {
  /** From 1; 0 stands for none. */
  readonly number: number
  /** When, by the clock that both processes share. */
  readonly at: number
  /** The first call that began after the news of it had arrived here. */
  readonly firstCall: number
}

/** The platform, as the process sees it that drives the callers. */
export interface Link {
  readonly url: string
  readonly issued: (kind: Kind) => Issued
  /** What the platform last said, at most half a second ago. */
  readonly latest: () => Account | undefined
  readonly ask: (does: Request["does"]) => Effect.Effect<Account>
}

/** Starts the platform's process; it ends with the scope. */
export const open = (setting: Setting, nextCall: () => number): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.gen(function* () {
    const listening = yield* Deferred.make<string>()
    const ended = yield* Deferred.make<never>()
    const issued: Record<Kind, Issued> = {
      token: { number: 0, at: 0, firstCall: 0 },
      session: { number: 0, at: 0, firstCall: 0 }
    }
    const waiting = new Map<number, (account: Account) => void>()
    let latest: Account | undefined
    let asked = 0

    const hear = (message: FromPlatform): void => {
      switch (message._tag) {
        case "Listening":
          Deferred.unsafeDone(listening, Effect.succeed(message.url))
          return
        case "Issued": {
          const { number } = issued[message.kind]
          issued[message.kind] = { number: number + 1, at: message.at, firstCall: nextCall() }
          return
        }
        case "Account":
          latest = message.account
          return
        case "Done":
          latest = message.account
          waiting.get(message.id)?.(message.account)
          waiting.delete(message.id)
      }
    }

    const child = yield* Effect.acquireRelease(
      Effect.map(Effect.orDie(Schema.encode(SettingJson)(setting)), (argument) =>
        fork(fileURLToPath(new URL("platform.ts", import.meta.url)), [argument], {
          stdio: ["ignore", "inherit", "inherit", "ipc"]
        })
      ),
      (child) =>
        Effect.async<void>((resume) => {
          if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          child.kill()
        })
    )
    child.on("message", (message) => hear(Schema.decodeUnknownSync(FromPlatform)(message)))
    child.once("exit", (code) => {
      Deferred.unsafeDone(ended, Effect.dieMessage(`the platform's process ended with code ${code}`))
    })

    return {
      url: yield* Effect.raceFirst(Deferred.await(listening), Deferred.await(ended)),
      issued: (kind) => issued[kind],
      latest: () => latest,
      ask: (does) =>
        Effect.raceFirst(
          Effect.async<Account>((resume) => {
            const id = ++asked
            waiting.set(id, (account) => resume(Effect.succeed(account)))
            child.send({ id, does })
          }),
          Deferred.await(ended)
        )
    }
  })
