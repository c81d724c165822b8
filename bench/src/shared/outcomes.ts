export interface Outcomes {
  readonly served: number
  readonly failed: number
  /** How many took longer than `patience`, in milliseconds. */
  readonly delayed: number
}

/** Makes calls at once. What has not ended after `limit` milliseconds counts as failed. */
export const together = async (
  call: () => Promise<number>,
  calls: number,
  { limit, patience }: { readonly patience: number; readonly limit: number }
): Promise<Outcomes> => {
  let served = 0
  let delayed = 0
  const tooLong = new Promise<number>((resume) => setTimeout(() => resume(0), limit))
  await Promise.all(
    Array.from({ length: calls }, async () => {
      const start = performance.now()
      const status = await Promise.race([call().catch(() => 0), tooLong])
      if (status === 200) served += 1
      if (performance.now() - start > patience) delayed += 1
    })
  )
  return { served, failed: calls - served, delayed }
}
