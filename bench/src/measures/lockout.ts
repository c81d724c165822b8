import { ours } from "../peers/ours.js"
import { advance } from "../shared/clock.js"
import type { Measure } from "../shared/measure.js"
import { Behaving } from "../shared/platform.js"

const calls = 1000

/** What a client does that holds its session in a promise and forgets it when it fails: the recipe of many. */
const recipe = (platform: Behaving) => {
  let held: Promise<string> | undefined
  const login = async (): Promise<string> => {
    const { status } = await platform.login()
    if (status !== 200) throw new Error("refused")
    return "session"
  }
  return async (): Promise<number> => {
    held ??= login().catch((error: unknown) => {
      held = undefined
      throw error
    })
    await held
    return 200
  }
}

const attempts = async (connect: (platform: Behaving) => Promise<() => Promise<number>>): Promise<number> => {
  const platform = new Behaving()
  platform.passwordIsRight = false
  const call = await connect(platform)
  for (let index = 0; index < calls; index++) {
    await call().catch(() => 0)
    advance(60)
  }
  return platform.logins
}

/** Five refused logins in a row lock the user; only Verizon's support unlocks. */
export const lockout: Measure = {
  title: "Logins with a wrong password, 1,000 calls over 60 s",
  run: async () => {
    const own = await attempts(async (platform) => (await ours.connect(platform)).call)
    const other = await attempts((platform) => Promise.resolve(recipe(platform)))
    return {
      tables: [
        {
          title: lockout.title,
          columns: ["", "logins sent"],
          rows: [
            [ours.name, own],
            ["a login kept in a promise, and tried again", other]
          ],
          note: "No peer knows a second credential. The fifth refusal in a row locks the user."
        }
      ],
      figures: { wrongPasswordLogins: own }
    }
  }
}
