import { linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { identify, isAlive, noteProcess, notedProcess } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

export type FolderLock = { release: () => void }

/** Another living process holds the folder. */
export class FolderInUse extends Error {
  override name = 'FolderInUse'
  constructor(folder: string, holder: ProcessIdentity) {
    super(
      `Postgang already runs on ${folder} (process ${holder.pid}). Nothing was changed. ` +
        'Stop it with Ctrl-C, or choose another data folder with POSTGANG_DATA.',
    )
  }
}

const lockName = /^lock\.(\d+)$/

/**
 * Takes the folder for this process, atomically and without help of the one that had it before: that may have been killed,
 * and its process id may belong to another program by now.
 */
export function lockFolder(folder: string): FolderLock {
  const own = join(folder, `lock-${randomUUID()}`)
  noteProcess(own, process.pid)
  try {
    for (;;) {
      const number = newest(folder)
      const holder = number === 0 ? undefined : notedProcess(lockFile(folder, number))
      if (holder && isAlive(holder)) throw new FolderInUse(folder, holder)
      if (!tryLink(own, lockFile(folder, number + 1))) continue
      // A slow process may have read the list before others came and went: only the highest number counts.
      if (newest(folder) !== number + 1) rmSync(lockFile(folder, number + 1))
      else return held(folder, number + 1)
    }
  } finally {
    rmSync(own)
  }
}

// The file stays after the release, so that numbers only grow.
function held(folder: string, number: number): FolderLock {
  for (const older of numbers(folder)) if (older < number) rmSync(lockFile(folder, older), { force: true })
  return {
    release: () =>
      writeFileSync(lockFile(folder, number), JSON.stringify({ ...identify(process.pid), startedAt: 'released' })),
  }
}

function newest(folder: string): number {
  return Math.max(0, ...numbers(folder))
}

function numbers(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => lockName.exec(name)?.slice(1).map(Number) ?? [])
}

function lockFile(folder: string, number: number): string {
  return join(folder, `lock.${number}`)
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
