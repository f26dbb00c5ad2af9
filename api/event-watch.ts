import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from '../db/database.ts'
import { lastPositions } from '../db/events.ts'
import { within } from './within.ts'

export type EventWatch = {
  /** Comes back when the account has an event past `position`, when time is up, or when one of the signals is aborted. */
  untilPast: (account: { accountId: string; position: number }, limits: WaitLimits) => Promise<void>
}
export type WaitLimits = { timeoutMs: number; signals: AbortSignal[] }

type Waiter = { accountId: string; position: number; wake: () => void }

const pollEveryMs = 200
const pollTimeoutMs = 5_000

/** One cheap question to the database for all who wait in this process, and none while nobody waits. */
export function createEventWatch(db: Db): EventWatch {
  const waiters = new Set<Waiter>()
  let polling = false

  const poll = async () => {
    polling = true
    while (waiters.size > 0) {
      const accountIds = [...new Set([...waiters].map((waiter) => waiter.accountId))]
      // An outage is no news: those who wait are told of it by their own next question.
      const positions = await within(pollTimeoutMs, lastPositions(db, accountIds)).catch(() => undefined)
      for (const waiter of waiters) if ((positions?.get(waiter.accountId) ?? 0) > waiter.position) waiter.wake()
      if (waiters.size > 0) await pause(pollEveryMs)
    }
    polling = false
  }

  return {
    untilPast: async (account, { timeoutMs, signals }) => {
      if (signals.some((signal) => signal.aborted)) return
      const { promise, resolve: wake } = withResolvers()
      const waiter = { ...account, wake }
      const timer = setTimeout(wake, timeoutMs)
      for (const signal of signals) signal.addEventListener('abort', wake, { once: true })
      waiters.add(waiter)
      if (!polling) void poll()
      await promise
      waiters.delete(waiter)
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', wake)
    },
  }
}

/** `Promise.withResolvers` came with Node 22. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise
  })
  return { promise, resolve }
}
