import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'

const { reconcile: compare, sweep } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  // The next minute brings the next run.
  retry: { maximumAttempts: 3 },
})

/** Walking through all blobs costs more than looking at the open shipments. */
const sweepEveryMinutes = 30

/** Runs every minute: what is open in Postgres and not moving is started or woken, and what nothing names is swept. */
export async function reconcile(): Promise<void> {
  await compare()
  if (new Date().getUTCMinutes() % sweepEveryMinutes === 0) await sweep()
}
