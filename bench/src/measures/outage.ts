import { peers } from "../peers/all.js"
import { ours } from "../peers/ours.js"
import type { Peer } from "../peers/peer.js"
import { advance } from "../shared/clock.js"
import type { Measure } from "../shared/measure.js"
import { type Outcomes, together } from "../shared/outcomes.js"
import { Behaving } from "../shared/platform.js"

const faults = ["slow", "failing", "hanging"] as const

/** A hundred calls half a minute before the token expires, when every client looks for another. */
const meet = async ({ connect }: Peer, fault: (typeof faults)[number]): Promise<Outcomes> => {
  advance(0)
  const platform = new Behaving()
  const { call } = await connect(platform)
  // Used now and then, so that no session idles out on the way.
  for (let quarter = 0; quarter < 4; quarter++) {
    await call()
    advance(14.875 * 60_000)
  }
  platform.tokenEndpoint = fault
  return together(call, 100, { patience: 300, limit: 3000 })
}

/** What callers feel of a token endpoint in trouble while the old token is still good. */
export const outage: Measure = {
  title: "The token endpoint in trouble, the old token still good for 30 seconds: 100 calls",
  run: async () => {
    const rows: Array<Array<string | number>> = []
    const figures: Record<string, number> = {}
    for (const peer of [...peers.filter(({ acquires }) => acquires !== false), ours]) {
      const row: Array<string | number> = [peer.name]
      for (const fault of faults) {
        const { delayed, failed } = await meet(peer, fault)
        row.push(`${delayed} / ${failed}`)
        if (peer === ours && fault === "failing")
          Object.assign(figures, { outageDelayed: delayed, outageFailed: failed })
      }
      rows.push(row)
    }
    return {
      tables: [
        {
          title: outage.title,
          columns: ["delayed / failed", "answers after 1 s", "answers 503", "never answers"],
          rows,
          note: "Delayed: more than 0.3 s. A call that has not ended after 3 s counts as failed."
        }
      ],
      figures
    }
  }
}
