/**
 * What the Redis store does, each as one atomic step by Redis's own clock.
 *
 * A key is one hash, so that the steps also work in a cluster: `value`, `version` and `until` are the entry, `lease` and
 * `leased` the lease's token and its end. Each step sees to it that the hash ends with the later of the two. Numbers that
 * are written are formatted, because Lua would round them.
 *
 * @internal
 */
const prelude = `
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function exact(number) return string.format('%.0f', number) end
local function field(name) return redis.call('HGET', key, name) end
local function isLeased() return (tonumber(field('leased')) or 0) > now end
local function isMine(token) return isLeased() and field('lease') == token end
local function isLive() return (tonumber(field('until')) or 0) > now end
local function last(millis)
  if redis.call('PTTL', key) < tonumber(millis) then redis.call('PEXPIRE', key, millis) end
end
`

const script = (body: string): string => `${prelude}${body}`

/** Answers the value, the version and the time that is left, or nothing. */
export const get = script(`
if not isLive() then return false end
return { field('value'), field('version'), exact(field('until') - now) }
`)

/** A token is the time in microseconds: it grows also where Redis has been restarted empty. Answers it, or nothing. */
export const lease = script(`
if isLeased() then return false end
local latest = math.max(tonumber(field('lease')) or 0, tonumber(field('version')) or 0)
local token = exact(math.max(time[1] * 1000000 + time[2], latest + 1))
redis.call('HSET', key, 'lease', token, 'leased', exact(now + ARGV[1]))
last(ARGV[1])
return token
`)

/** Answers 1, or 0 where the lease has ended. */
export const renew = script(`
if not isMine(ARGV[1]) then return 0 end
redis.call('HSET', key, 'leased', exact(now + ARGV[2]))
last(ARGV[2])
return 1
`)

/** Answers 1. */
export const release = script(`
if field('lease') == ARGV[1] then redis.call('HDEL', key, 'lease', 'leased') end
return 1
`)

/** Answers 1, or 0 where the lease has ended. */
export const set = script(`
if not isMine(ARGV[1]) then return 0 end
redis.call('HSET', key, 'value', ARGV[2], 'version', ARGV[1], 'until', exact(now + ARGV[3]))
last(ARGV[3])
return 1
`)

/** Answers 1, or 0 where there is another version or none. */
export const extend = script(`
if not isLive() or field('version') ~= ARGV[1] then return 0 end
if now + ARGV[2] > tonumber(field('until')) then redis.call('HSET', key, 'until', exact(now + ARGV[2])) end
last(ARGV[2])
return 1
`)

/** Answers 1. */
export const remove = script(`
if field('version') == ARGV[1] then redis.call('HDEL', key, 'value', 'version', 'until') end
return 1
`)
