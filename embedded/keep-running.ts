import { setTimeout as sleep } from 'node:timers/promises'
import { describeEnding } from './child.ts'
import type { Ending } from './child.ts'

export type Running = { exited: Promise<Ending>; stop: (graceMs?: number) => Promise<void> }

export type KeepRunning = {
  name: string
  /** Starts it and answers when it is ready; called again after each end. */
  start: (signal: AbortSignal) => Promise<Running>
  log: (line: string) => void
  /** The passing of time, which tests replace. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>
  now?: () => number
}

export type Kept = { stop: (graceMs?: number) => Promise<void> }

const firstDelayMs = 1_000
const longestDelayMs = 30_000
// A guess: who ran this long did not end of what made it end before.
const calmAfterMs = 60_000

/**
 * Starts a program, and starts it again whenever it ends: after 1 s, then 2 s and so on to 30 s, and after 1 s again once it
 * ran for a minute. Throws when the first start fails.
 */
export async function keepRunning({ name, start, log, wait = pause, now = Date.now }: KeepRunning): Promise<Kept> {
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Running | undefined = await start(signal)
  let startedAt = now()

  const watch = async () => {
    let delayMs = firstDelayMs
    while (running) {
      let reason = describeEnding(await running.exited)
      running = undefined
      if (now() - startedAt >= calmAfterMs) delayMs = firstDelayMs
      while (!running && !signal.aborted) {
        log(`${name} ended (${reason}); it is started again in ${delayMs / 1_000} s`)
        await wait(delayMs, signal)
        delayMs = Math.min(delayMs * 2, longestDelayMs)
        startedAt = now()
        if (signal.aborted) return
        running = await start(signal).catch((error: unknown) => {
          reason = error instanceof Error ? error.message : String(error)
          return undefined
        })
        if (signal.aborted) await running?.stop()
      }
    }
  }
  const watched = watch()

  return {
    stop: async (graceMs) => {
      stopping.abort()
      await running?.stop(graceMs)
      await watched
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
