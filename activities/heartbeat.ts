import { Context } from '@temporalio/activity'

const beatEveryMs = 5_000

/** Tells Temporal that a long step lives, while it runs. */
export async function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current()
  const beat = setInterval(() => context.heartbeat(), beatEveryMs)
  try {
    return await work()
  } finally {
    clearInterval(beat)
  }
}
