import { peers } from "../peers/all.js"
import { ours } from "../peers/ours.js"
import type { Peer } from "../peers/peer.js"
import { pause } from "../shared/clock.js"
import type { Measure } from "../shared/measure.js"
import { Behaving } from "../shared/platform.js"

/** Two hundred calls in flight when a credential dies; each is answered, and judged, after 5 to 55 ms. */
const survive = async ({ connect }: Peer, kill: (platform: Behaving) => void) => {
  const platform = new Behaving()
  const answers = {
    token: () => platform.token(),
    login: () => platform.login(),
    api: async (authorization: string | undefined, session: string | undefined) => {
      await pause(5 + Math.random() * 50)
      return platform.api(authorization, session)
    }
  }
  const { call } = await connect(answers)
  await call()
  const before = platform.tokenRequests + platform.logins
  const calls = Array.from({ length: 200 }, () => call().catch(() => 0))
  await pause(2)
  kill(platform)
  const statuses = await Promise.all(calls)
  return {
    saved: statuses.filter((status) => status === 200).length,
    renewals: platform.tokenRequests + platform.logins - before
  }
}

/** Calls that a dying credential takes with it. */
export const healing: Measure = {
  title: "A credential dies under 200 calls in flight",
  run: async () => {
    const rows: Array<Array<string | number>> = []
    for (const peer of [...peers.filter(({ acquires }) => acquires !== false), ours]) {
      const { renewals, saved } = await survive(peer, (platform) => platform.revoke())
      const session = peer.both === true ? await survive(peer, (platform) => platform.endSessions()) : undefined
      rows.push([peer.name, saved, renewals, session?.saved ?? "no sessions", session?.renewals ?? ""])
    }
    const own = rows.at(-1) ?? []
    return {
      tables: [
        {
          title: healing.title,
          columns: ["", "token revoked: saved of 200", "renewals", "session ended: saved of 200", "renewals"],
          rows
        }
      ],
      figures: {
        savedFromRevocation: Number(own[1]),
        renewalsAfterRevocation: Number(own[2]),
        savedFromDeadSession: Number(own[3]),
        renewalsAfterDeadSession: Number(own[4])
      }
    }
  }
}
