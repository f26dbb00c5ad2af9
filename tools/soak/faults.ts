import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Fault, PlannedFault } from './plan.ts'
import type { Stack } from '../stack.ts'

export type Happened = { fault: Fault; from: number; to: number }

const quotaMb = 256
const fullForMs = 6_000
const readerBackAfterMs = 1_000
const recoverMs = 120_000

/** A blob store with a quota of its own, so that it can be filled. @returns how to take it away, or why it can't be had. */
export function giveQuota(blobDir: string): { release: () => void } | { missing: string } {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${quotaMb}m`, 'tmpfs', blobDir], { encoding: 'utf8' })
  if (mounted.status !== 0) return { missing: mounted.stderr.trim() || 'mount is not allowed' }
  return { release: () => void spawnSync('umount', ['-l', blobDir]) }
}

/** The reader of the printer's folder, started again when it is killed. */
export function keepReader(printDir: string, takenDir: string) {
  let isOver = false
  let reader: ChildProcess
  const start = (): void => {
    reader = spawn(process.execPath, ['dist/tools/soak-reader.js', printDir, takenDir], { stdio: 'inherit' })
    reader.once('exit', () => {
      if (!isOver) setTimeout(start, readerBackAfterMs).unref()
    })
  }
  start()
  return {
    kill: () => reader.kill('SIGKILL'),
    stop: () => {
      isOver = true
      reader.kill('SIGKILL')
    },
  }
}

export type Faults = {
  stack: Stack
  blobDir: string
  killReader: () => void
  hasQuota: boolean
  log: (line: string) => void
}

/** Makes one fault happen, and comes back when everything works again. */
export async function inflict(faults: Faults, { fault }: PlannedFault): Promise<Happened> {
  const from = Date.now()
  await act(faults, fault)
  await untilHealthy(faults, Date.now())
  const to = Date.now()
  faults.log(`${fault} (${((to - from) / 1000).toFixed(1)} s)`)
  return { fault, from, to }
}

async function act({ stack, blobDir, killReader, hasQuota }: Faults, fault: Fault): Promise<void> {
  switch (fault) {
    case 'printer':
      killReader()
      return pause(readerBackAfterMs + 300)
    case 'connections':
      await stack.sql()`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`
      return
    case 'disk':
      return hasQuota ? fillUp(blobDir) : undefined
    case 'temporalDatabase':
      for (const name of readdirSync(stack.dataDir).filter((each) => each.startsWith('temporal.db')))
        rmSync(join(stack.dataDir, name))
      return kill(stack, 'temporal')
    default:
      return kill(stack, fault)
  }
}

/** A server that is down already is killed when it is back. */
async function kill(stack: Stack, server: Parameters<Stack['kill']>[0]): Promise<void> {
  for (const giveUpAt = Date.now() + recoverMs; Date.now() < giveUpAt; await pause(100)) {
    try {
      return await stack.kill(server)
    } catch {
      // Not there now.
    }
  }
  throw new Error(`${server} did not come back to be killed`)
}

async function fillUp(blobDir: string): Promise<void> {
  const filler = join(blobDir, 'filler')
  const file = openSync(filler, 'w')
  try {
    for (const block = Buffer.alloc(1024 * 1024, 1); ;) writeSync(file, block)
  } catch {
    // Full.
  }
  closeSync(file)
  await pause(fullForMs)
  rmSync(filler)
}

/** A worker must have reported since: what a dead one said last would still be there. */
async function untilHealthy({ stack }: Faults, since: number): Promise<void> {
  for (const giveUpAt = Date.now() + recoverMs; Date.now() < giveUpAt; await pause(100))
    if (await isHealthy(stack.apiUrl, since)) return
  throw new Error(`Not healthy ${recoverMs / 1000} s after a fault; logs are in ${join(stack.dataDir, 'logs')}`)
}

type Ready = {
  dependencies?: { temporal?: { status?: string } }
  workers?: { seenAt: string; abilities: { temporal: string } }[]
}

async function isHealthy(apiUrl: string, since: number): Promise<boolean> {
  try {
    const answer = await fetch(`${apiUrl}/health/ready`, { signal: AbortSignal.timeout(2_000) })
    if (!answer.ok) return false
    const { workers = [] } = (await answer.json()) as Ready
    return workers.some(({ seenAt, abilities }) => Date.parse(seenAt) > since && abilities.temporal === 'connected')
  } catch {
    return false
  }
}
