import { setTimeout as sleep } from 'node:timers/promises'

type Readiness = { apiUrl: string; logs: string; log: (line: string) => void; signal: AbortSignal }

const giveUpAfterMs = 120_000
const progressEveryMs = 10_000

/** Waits until the API answers that it is ready and that a worker has reported. */
export async function waitUntilReady({ apiUrl, logs, log, signal }: Readiness): Promise<void> {
  const startedAt = Date.now()
  let said = startedAt
  for (;;) {
    signal.throwIfAborted()
    const missing = await whatIsMissing(apiUrl)
    if (missing === undefined) return
    const now = Date.now()
    if (now - startedAt > giveUpAfterMs)
      throw new Error(`Not ready after 2 minutes: ${missing}. The logs are in ${logs}`)
    if (now - said > progressEveryMs) {
      said = now
      log(`Waiting: ${missing} ... ${Math.round((now - startedAt) / 1000)} s (logs: ${logs})`)
    }
    await sleep(200)
  }
}

async function whatIsMissing(apiUrl: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${apiUrl}/health/ready`, { signal: AbortSignal.timeout(5_000) })
    const body = await answer.text()
    if (!answer.ok) return `the API is not ready (${answer.status} ${body.slice(0, 300)})`
    const { workers } = JSON.parse(body) as { workers?: unknown }
    return Array.isArray(workers) && workers.length > 0 ? undefined : 'no worker has reported'
  } catch {
    return 'the API does not answer'
  }
}
