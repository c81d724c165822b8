/**
 * Hours of a program's life in a minute: hundreds of callers over real sockets, while somebody revokes their token, ends
 * their session and interrupts them, again and again. It closes with what was promised and what became of it.
 *
 *     npm run soak
 *     npm run soak -- --seconds 600 --fibers 500 --seed 42
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { incidents } from "./incidents.js"
import * as options from "./options.js"
import * as print from "./print.js"
import { run } from "./run.js"
import { rows } from "./verdict.js"

const chosen = options.parse(process.argv.slice(2))

if (Either.isLeft(chosen)) {
  console.error(`${chosen.left}\n\nUsage: ${options.usage}`)
  process.exitCode = 2
} else {
  print.opening(chosen.right)
  const outcome = await Effect.runPromise(run(chosen.right, print.progress))
  const table = rows(outcome, incidents)
  print.closing(table, outcome, incidents)
  process.exitCode = table.every(({ promise }) => promise?.kept !== false) ? 0 : 1
}
