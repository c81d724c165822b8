import { thingspace } from "./thingspace.js"

export const dynamic = "force-dynamic"

export const GET = async (): Promise<Response> => {
  const fetch = await thingspace()
  const response = await fetch(`/api/m2m/v1/accounts/${process.env.THINGSPACE_ACCOUNT}`)
  return Response.json(await response.json(), { status: response.status })
}
