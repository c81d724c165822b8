import { peers } from "../peers/all.js"
import { ours } from "../peers/ours.js"
import type { Peer } from "../peers/peer.js"
import { advance, pause } from "../shared/clock.js"
import type { Measure } from "../shared/measure.js"
import { together } from "../shared/outcomes.js"
import { Behaving } from "../shared/platform.js"

const minute = 60_000
const ample = { patience: 1000, limit: 20_000 }

/** How often one client asks for a token, in four situations. */
const requests = async ({ connect }: Peer) => {
  advance(0)
  const platform = new Behaving()
  const { call } = await connect(platform)
  const since = async (act: () => Promise<unknown>): Promise<number> => {
    const before = platform.tokenRequests
    await act()
    await pause(20)
    return platform.tokenRequests - before
  }
  const cold = await since(() => together(call, 1000, ample))
  const logins = platform.logins
  advance(55 * minute)
  const lastMinutes = await since(async () => {
    for (let index = 0; index < 5 * 60 * 50 - 1; index++) {
      await call()
      advance(20)
      if (index % 25 === 0) await pause(1)
    }
  })
  advance(20)
  const atExpiry = await since(() => together(call, 1000, ample))

  const failing = new Behaving()
  const second = await connect(failing)
  failing.failuresLeft = 1
  await second.call().catch(() => 0)
  let after = 0
  for (let index = 0; index < 10; index++) if ((await second.call().catch(() => 0)) === 200) after += 1
  return { cold, logins, lastMinutes, atExpiry, after }
}

/** Token requests: the platform hands the same token back for an hour, so asking early brings nothing. */
export const tokens: Measure = {
  title: "Token requests",
  run: async () => {
    const rows: Array<{ readonly name: string } & Awaited<ReturnType<typeof requests>>> = []
    for (const peer of [...peers.filter(({ acquires }) => acquires !== false), ours]) {
      rows.push({ name: peer.name, ...(await requests(peer)) })
    }
    const own = rows.find(({ name }) => name === ours.name)
    return {
      tables: [
        {
          title: tokens.title,
          columns: [
            "token requests",
            "1,000 first calls at once",
            "1,000 calls at expiry",
            "last 5 minutes at 50 calls/s",
            "served of 10 after 1 failure"
          ],
          rows: rows.map(({ after, atExpiry, cold, lastMinutes, name }) => [name, cold, atExpiry, lastMinutes, after]),
          note: `This library also logs in: ${own?.logins} login for its first calls. The token endpoint re-issues the same token until it has expired.`
        }
      ],
      figures: {
        coldTokenRequests: own?.cold ?? Number.NaN,
        coldLogins: own?.logins ?? Number.NaN,
        expiryTokenRequests: own?.atExpiry ?? Number.NaN,
        lastMinutesTokenRequests: own?.lastMinutes ?? Number.NaN,
        servedAfterOneFailure: own?.after ?? Number.NaN
      },
      charts: [
        {
          file: "tokens.svg",
          title: "Token requests in the last 5 minutes of a token's hour, 50 calls a second",
          unit: "",
          rows: rows.map(({ lastMinutes, name }) => ({ label: name, value: lastMinutes, ours: name === ours.name }))
        }
      ]
    }
  }
}
