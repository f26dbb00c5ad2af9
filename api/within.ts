/** Waits for a promise at most so long; what it does goes on, and its end is nobody's concern any more. @throws TookTooLong */
export async function within<Result>(timeoutMs: number, promise: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`No answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, tooLong])
  } finally {
    clearTimeout(timer)
  }
}

export class TookTooLong extends Error {
  override name = 'TookTooLong'
}
